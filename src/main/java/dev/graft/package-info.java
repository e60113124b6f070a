/**
 * Graft's API for programs that embed it, from {@link dev.graft.FineTuner} to {@link
 * dev.graft.Classifier}, with the exception for problems that the user can fix. {@link
 * dev.graft.Main} is the entry point of the command line program.
 */
package dev.graft;
