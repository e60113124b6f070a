/** Training of a network: DJL's training loop with loss, schedule, listeners and early stopping. */
package dev.graft.training;
