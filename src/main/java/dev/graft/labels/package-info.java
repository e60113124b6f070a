/** Lists of images whose labels are probably wrong, and decisions about them. */
package dev.graft.labels;
