/** What the frozen part of a network makes of images, computed once and kept on disk. */
package dev.graft.feature;
