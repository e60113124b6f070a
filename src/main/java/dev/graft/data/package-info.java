/** Labeled images: where they come from, what is found in them, how they are split. */
package dev.graft.data;
