/** Text for people, and resources of the class path. */
package dev.graft.util;
