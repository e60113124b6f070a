/**
 * Saved models and inference: a {@link dev.graft.inference.ModelRunner} classifies images with a
 * model.
 */
package dev.graft.inference;
