/**
 * Fine-tuning without a run folder: a recipe resolved, features computed, a head trained and
 * evaluated.
 */
package dev.graft.tuning;
