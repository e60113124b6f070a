/** The command line: parses options, calls the packages below, and prints their results. */
package dev.graft.command;
