package dev.graft.command;

import dev.graft.GraftException;
import dev.graft.engine.OnnxLibraries;
import dev.graft.engine.OnnxSession;
import dev.graft.run.RunInterruption;
import dev.graft.util.Build;
import dev.graft.util.Messages;
import dev.graft.util.Misspelling;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command {@code graft}, with a subcommand for each task. */
@Command(
    name = "graft",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = GraftCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    usageHelpAutoWidth = true,
    description = "Transfer learning for images on the JVM.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  fine-tune                    fine-tune VGG16 on CIFAR-10",
      "  infer car.png                classify an image",
      "  fine-tune --data photos/     fine-tune on your images, one folder per class",
      "  fine-tune --help             show the options of a command"
    },
    subcommands = {
      FineTuneCommand.class,
      SweepCommand.class,
      FindLrCommand.class,
      InferCommand.class,
      EvaluateCommand.class,
      ReportCommand.class,
      CompareCommand.class,
      StudioCommand.class,
      ServeCommand.class,
      ExportCommand.class,
      InspectCommand.class,
      FeaturizeCommand.class,
      BenchmarkCommand.class,
      SummaryCommand.class,
      ModelsCommand.class,
      DoctorCommand.class,
      CompletionCommand.class
    })
public final class GraftCommand implements Runnable {
  /** The exit code that shells report for a closed pipe: 128 + SIGPIPE. */
  private static final int BROKEN_PIPE = 141;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of a failure.")
  private boolean debug;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private GraftCommand() {}

  /** Prints the version. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"Graft " + Build.version() + ", commit " + Build.commit()};
    }
  }

  /**
   * Runs a command line.
   *
   * @param out receives the answers, in UTF-8
   * @param err receives everything else
   * @param interruption requests the early end of a job
   * @return the exit code: 0 for success, 1 for failure, 2 for wrong usage
   */
  public static int run(
      String[] arguments, OutputStream out, PrintStream err, RunInterruption interruption) {
    OnnxLibraries.share();
    if (arguments.length > 0 && arguments[0].equals("infer")) {
      // Loads the native library while the command line is being parsed; both take about equally
      // long.
      Thread loading = new Thread(OnnxSession::isAvailable, "graft-onnxruntime");
      loading.setDaemon(true);
      loading.start();
    }
    GraftCommand root = new GraftCommand();
    try (Console console = new Console(out, err, interactive(err))) {
      // Picocli warns about valid input, such as quotes in a value.
      CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
      CommandLine line = new CommandLine(root, new Factory(console, interruption));
      line.setCaseInsensitiveEnumValuesAllowed(true);
      line.registerConverter(Path.class, GraftCommand::path);
      line.setHelpFactory(SpaceWrappedHelp::new);
      line.setOut(console.out());
      line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
      line.setParameterExceptionHandler(GraftCommand::wrongUsage);
      line.setExecutionExceptionHandler(
          (failure, command, parsed) ->
              failure instanceof WrongUsage wrong
                  ? wrongUsage(new ParameterException(command, wrong.getMessage()), arguments)
                  : root.failed(failure, console, err));
      int code = execute(line, arguments, root, console, err);
      console.out().flush();
      return console.outputFailure().map(e -> outputFailed(e, console)).orElse(code);
    } catch (IOException e) {
      err.println("The log cannot be closed: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  /** Executes the command; picocli's handler gets exceptions, but not errors. */
  private static int execute(
      CommandLine line, String[] arguments, GraftCommand root, Console console, PrintStream err) {
    try {
      return line.execute(arguments);
    } catch (Error e) {
      return root.failed(e, console, err);
    }
  }

  /** Reports that answers were lost, unless the reader of a pipe has closed it on purpose. */
  private static int outputFailed(IOException failure, Console console) {
    String reason = Messages.of(failure);
    if (reason.toLowerCase(Locale.ROOT).contains("pipe")) {
      return BROKEN_PIPE;
    }
    console.say("Not all answers could be written to standard output: " + reason + ".");
    return CommandLine.ExitCode.SOFTWARE;
  }

  /**
   * Returns whether {@code err} is a terminal, as far as Java 17 can find out. Since Java 22 {@code
   * System.console()} is never null, so TERM must be set as well.
   */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean interactive(PrintStream err) {
    return System.console() != null && err == System.err && System.getenv("TERM") != null;
  }

  /** Creates subcommands with the console and the interruption. */
  private record Factory(Console console, RunInterruption interruption)
      implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      K created = CommandLine.defaultFactory().create(type);
      if (created instanceof Subcommand command) {
        command.console = console;
        command.interruption = interruption;
      }
      return created;
    }
  }

  /** Refuses an empty path, such as that of an unset variable, which stands for the folder here. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new CommandLine.TypeConversionException("must not be empty");
    }
    return Path.of(text);
  }

  private static int wrongUsage(ParameterException wrong, String[] arguments) {
    PrintWriter err = wrong.getCommandLine().getErr();
    // picocli 4.7 repeats a word in its message for KEY=VALUE.
    err.println(Messages.line(wrong.getMessage().replace("option option ", "option ")));
    CommandSpec command = wrong.getCommandLine().getCommandSpec();
    String name = command.parent() == null ? "" : command.name() + " ";
    err.println(
        similar(wrong, command)
            .map(meant -> "Did you mean: " + meant)
            .orElse("Try: " + name + "--help"));
    return CommandLine.ExitCode.USAGE;
  }

  /** Returns the option or the command that an unknown one probably stands for. */
  private static Optional<String> similar(ParameterException wrong, CommandSpec command) {
    if (!(wrong instanceof CommandLine.UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    String given = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
    return Misspelling.nearest(
        given,
        unmatched.isUnknownOption()
            ? command.options().stream().flatMap(option -> Stream.of(option.names())).toList()
            : command.subcommands().keySet());
  }

  private int failed(Throwable failure, Console console, PrintStream err) {
    console.say(Messages.sentence(sentence(failure)));
    if (debug) {
      failure.printStackTrace(err);
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  static String sentence(Throwable failure) {
    if (failure instanceof GraftException problem) {
      return Remedies.message(problem);
    } else if (failure instanceof NoSuchFileException missing) {
      return Messages.path(missing) + " does not exist.";
    } else if (failure instanceof AccessDeniedException denied) {
      return "Permission denied: " + Messages.path(denied) + ".";
    } else if (failure instanceof UncheckedIOException unchecked) {
      return sentence(unchecked.getCause());
    } else if (failure instanceof FileSystemException file) {
      return "Reading or writing failed: "
          + Messages.of(file)
          + ". Check the path, and that the disk is mounted and not full; existing files are"
          + " unchanged.";
    } else if (failure instanceof IOException other) {
      return "Reading or writing failed: "
          + Messages.of(other)
          + ". Check that the disk is mounted and not full; existing files are unchanged.";
    } else if (failure instanceof OutOfMemoryError) {
      return "Out of memory: give Java more with -Xmx4g in MAVEN_OPTS (with bin/graft: GRAFT_OPTS).";
    } else if (failure instanceof StackOverflowError) {
      return "The input is nested too deeply: give Java a larger stack with -Xss16m in MAVEN_OPTS (with"
          + " bin/graft: GRAFT_OPTS).";
    }
    return "Internal error: " + failure + ". Please report it, with the output of --debug.";
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
