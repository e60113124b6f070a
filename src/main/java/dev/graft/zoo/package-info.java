/**
 * Backbones: Graft's own as a DJL model zoo, external ones from files, and the sources and file
 * formats of their weights.
 */
package dev.graft.zoo;
