/** Labeled images: folders, manifests and CIFAR-10, their faults, and their split. */
package dev.graft.data;
