/** Benchmarks: images per second of each stage, whole jobs, and a server under load. */
package dev.graft.bench;
