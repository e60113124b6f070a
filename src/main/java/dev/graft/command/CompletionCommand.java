package dev.graft.command;

import dev.graft.Console;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code completion}: what a shell completes after {@code graft}. */
@Command(
    name = "completion",
    description = "Print what makes bash and zsh complete commands and options.",
    footerHeading = "%nExamples:%n",
    footer = {"  completion > graft.sh        then, in each shell: source graft.sh"})
final class CompletionCommand implements Callable<Integer> {
  private final Console console;

  @Spec private CommandSpec spec;

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    AutoComplete.bash("graft", spec.root().commandLine()).lines().forEach(console::answer);
    return 0;
  }
}
