/** The command line: options in, one call, text out. */
package dev.graft.command;
