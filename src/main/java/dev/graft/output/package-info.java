/** The output folder: run folders, their records, and the images of earlier runs. */
package dev.graft.output;
