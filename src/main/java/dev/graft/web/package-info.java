/** What every web server of Graft needs: guard, limits on bodies, headers and error answers. */
package dev.graft.web;
