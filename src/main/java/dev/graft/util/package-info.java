/** Text for messages, progress, the limits of an input, and resources of the class path. */
package dev.graft.util;
