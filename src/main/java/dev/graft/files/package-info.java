/** Which files of folders are images: walks, kinds of files, patterns of paths. */
package dev.graft.files;
