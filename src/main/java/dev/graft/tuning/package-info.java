/**
 * Fine-tuning without a run folder: resolves a recipe, computes features, trains a head and
 * evaluates it.
 */
package dev.graft.tuning;
