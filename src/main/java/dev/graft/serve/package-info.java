/** A classifier over HTTP: a page for people, REST for programs, limits, and a load test. */
package dev.graft.serve;
