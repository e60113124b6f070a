/** A run as arrows, from pictures to verdict, and what it leaves behind: its folder and record. */
package dev.graft.run;
