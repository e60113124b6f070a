/** Features: the output of the frozen part of a network, computed once and cached on disk. */
package dev.graft.feature;
