/** Image files, their pixels, and the part of them that a network sees. */
package dev.graft.picture;
