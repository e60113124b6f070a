/** How a network is trained: policy, listeners and the run from data to verdict. */
package dev.graft.training;
