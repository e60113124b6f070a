/** ONNX Runtime, which computes networks and trains none; it knows what a model's file says. */
package dev.graft.engine;
