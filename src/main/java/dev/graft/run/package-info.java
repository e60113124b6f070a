/** Training runs, evaluations and exports, and the output folder with their files and records. */
package dev.graft.run;
