/** Recipes: the validated settings of a run, and how they are read from YAML. */
package dev.graft.recipe;
