/**
 * The program's entry, its voice and the one exception for what users can put right; the rooms know
 * the latter two, and only {@link dev.graft.Main} knows a room.
 */
package dev.graft;
