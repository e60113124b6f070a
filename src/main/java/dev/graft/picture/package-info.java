/** Picture files of all kinds, and the pixels in them; knows nothing of Graft's other rooms. */
package dev.graft.picture;
