/** What a network is: values from which every rendering, in a room below this one, follows. */
package dev.graft.network;
