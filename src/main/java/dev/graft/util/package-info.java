/** Text for messages, progress, and resources of the class path. */
package dev.graft.util;
