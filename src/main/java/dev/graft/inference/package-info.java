/**
 * Saved models and how they are asked, by one {@link dev.graft.inference.Classifier}: pictures in,
 * answers out.
 */
package dev.graft.inference;
