/** Metrics of a classifier on labeled images: pure arithmetic on true classes and probabilities. */
package dev.graft.evaluation;
