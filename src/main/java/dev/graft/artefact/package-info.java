/** What a run leaves behind: its folder, its record, and a model that plain DJL can load. */
package dev.graft.artefact;
