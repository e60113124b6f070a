/**
 * What a run is told: a validated value, and how it is read; knows nothing of Graft's other rooms.
 */
package dev.graft.recipe;
