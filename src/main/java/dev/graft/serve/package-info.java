/** Classification over HTTP: a web page, a REST interface, and limits on requests. */
package dev.graft.serve;
