/** Formats text for messages, and reads resources of the class path. */
package dev.graft.util;
