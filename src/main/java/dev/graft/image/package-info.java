/** Image files to pixels, pixels to a network's input, and heat maps over images. */
package dev.graft.image;
