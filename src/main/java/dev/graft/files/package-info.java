/** Image files in folders: walks, kinds of files, patterns of paths. */
package dev.graft.files;
