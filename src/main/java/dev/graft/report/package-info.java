/** Charts and pages of a run, made from the metrics that other packages computed. */
package dev.graft.report;
