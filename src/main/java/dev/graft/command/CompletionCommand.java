package dev.graft.command;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code completion}: prints a script for the completion of bash and zsh. */
@Command(
    name = "completion",
    description = "Print a script that makes bash and zsh complete commands and options.",
    footerHeading = "%nExamples:%n",
    footer = {"  completion > graft.sh        then run in each shell: source graft.sh"})
final class CompletionCommand extends Subcommand {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    AutoComplete.bash("graft", spec.root().commandLine()).lines().forEach(console::answer);
    return 0;
  }
}
