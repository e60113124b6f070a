/** Atomic files, lock files, downloads, record logs, hashes, CSV, and background reading. */
package dev.graft.io;
