/** Building blocks of the web servers: guard, limits on bodies, headers and error answers. */
package dev.graft.web;
