/** A classifier that is asked over HTTP, by people on a page and by programs. */
package dev.graft.serve;
