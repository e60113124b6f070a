/** Labelled pictures and how they are read and split; knows nothing of Graft's other rooms. */
package dev.graft.data;
