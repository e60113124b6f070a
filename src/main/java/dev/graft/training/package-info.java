/** How a network is trained: DJL's training, and the policy of it; knows no run. */
package dev.graft.training;
