/** Figures of a classifier on labelled pictures; pure arithmetic on truths and probabilities. */
package dev.graft.evaluation;
