/** Finds identical and nearly identical images, which must stay on one side of a split. */
package dev.graft.data.duplicates;
