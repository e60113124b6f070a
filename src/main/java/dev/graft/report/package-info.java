/** Pictures of a run: charts and plots, from figures that other rooms computed. */
package dev.graft.report;
