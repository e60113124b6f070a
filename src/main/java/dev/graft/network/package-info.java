/** What a network is: a list of named stages of layers, and what follows from that list alone. */
package dev.graft.network;
