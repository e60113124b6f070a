/**
 * Saved models and how they are asked, by one {@link dev.graft.inference.Classifier}: images in,
 * answers out.
 */
package dev.graft.inference;
