/** Picture files of all kinds, the pixels in them, and what of these a network sees. */
package dev.graft.picture;
