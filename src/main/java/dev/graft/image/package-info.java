/** Decodes image files, prepares pixels for a network, and draws heat maps over images. */
package dev.graft.image;
