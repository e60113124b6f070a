/**
 * Which pictures of a data set are there more than once, or nearly so, and therefore stay on one
 * side of a split.
 */
package dev.graft.data.duplicates;
