/** Where weights come from, and how they get into a network; knows of networks only. */
package dev.graft.zoo;
