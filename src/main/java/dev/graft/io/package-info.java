/**
 * Files that appear whole or not at all, downloads, logs of records, hashes, CSV, and work done
 * ahead.
 */
package dev.graft.io;
