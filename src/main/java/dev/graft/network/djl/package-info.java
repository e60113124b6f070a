/** Networks as DJL blocks, for training and inference in any DJL engine. */
package dev.graft.network.djl;
