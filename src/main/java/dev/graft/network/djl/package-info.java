/** Networks as blocks of DJL's, for training and for any engine of its. */
package dev.graft.network.djl;
