/** Saved models, and how they are asked: pictures in, probabilities out. */
package dev.graft.inference;
