/**
 * Saved models and how they are asked, by one {@link dev.graft.inference.ModelRunner}: images in,
 * answers out.
 */
package dev.graft.inference;
