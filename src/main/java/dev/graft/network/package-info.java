/**
 * Networks as values: layers, shapes, weights and preprocessing, from which the DJL blocks and the
 * ONNX model are built.
 */
package dev.graft.network;
