/**
 * The program's entry point, its console and messages, and the exception for problems that the user
 * can fix. All packages may use this one; only {@link dev.graft.Main} uses another.
 */
package dev.graft;
