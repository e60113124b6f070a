/** Studio: a page on this machine to collect images, train, try and export. */
package dev.graft.studio;
