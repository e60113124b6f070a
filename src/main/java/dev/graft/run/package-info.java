/** Training runs, sweeps, evaluations and exports, from start to end. */
package dev.graft.run;
