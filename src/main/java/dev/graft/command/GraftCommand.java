package dev.graft.command;

import dev.graft.Console;
import dev.graft.GraftException;
import dev.graft.Interruption;
import dev.graft.Reason;
import dev.graft.engine.OnnxSession;
import dev.graft.run.GitCommit;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The root of the command line. */
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
      "  fine-tune                    VGG16 + CIFAR-10, with nothing else to say",
      "  infer car.png                what is in a picture",
      "  fine-tune --data photos/     your own pictures, a folder a class",
      "  fine-tune --help             all about one command"
    },
    subcommands = {
      FineTuneCommand.class,
      InferCommand.class,
      EvaluateCommand.class,
      ReportCommand.class,
      CompareCommand.class,
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
  /** What shells say of a program that ended since nobody read its pipe any more: 128 + SIGPIPE. */
  private static final int BROKEN_PIPE = 141;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of a failure.")
  private boolean debug;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private GraftCommand() {}

  /** Which Graft this is. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"Graft 0.1.0, commit " + GitCommit.ofGraft()};
    }
  }

  /** Runs a command line that nothing interrupts. */
  public static int run(String[] arguments, OutputStream out, PrintStream err) {
    return run(arguments, out, err, new Interruption());
  }

  /**
   * Runs a command line.
   *
   * @param interruption by which a job is asked to end early
   * @return the exit code: 0 done, 1 failed, 2 wrong usage
   */
  public static int run(
      String[] arguments, OutputStream out, PrintStream err, Interruption interruption) {
    if (arguments.length > 0 && arguments[0].equals("infer")) {
      // It takes as long to load as the command line takes to be read.
      Thread loading = new Thread(OnnxSession::isThere, "graft-onnxruntime");
      loading.setDaemon(true);
      loading.start();
    }
    GraftCommand root = new GraftCommand();
    try (Console console = new Console(out, err, interactive(err))) {
      // What it warns of, such as quotes in a value, is right as it is.
      CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
      CommandLine line = new CommandLine(root, new Factory(console, interruption));
      line.setCaseInsensitiveEnumValuesAllowed(true);
      line.setOut(console.out());
      line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
      line.setParameterExceptionHandler(GraftCommand::wrongUsage);
      line.setExecutionExceptionHandler(
          (failure, command, parsed) -> root.failed(failure, console, err));
      int code = execute(line, arguments, root, console, err);
      console.out().flush();
      return console.unheard().map(failure -> unheard(failure, console)).orElse(code);
    } catch (IOException e) {
      err.println("The log can't be closed: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  /** Picocli hands exceptions to their handler, errors to its caller. */
  private static int execute(
      CommandLine line, String[] arguments, GraftCommand root, Console console, PrintStream err) {
    try {
      return line.execute(arguments);
    } catch (Error e) {
      return root.failed(e, console, err);
    }
  }

  /** Answers were lost. Who stops to read a pipe knows; else it is said. */
  private static int unheard(IOException failure, Console console) {
    String reason = Reason.of(failure, "the system does not say why");
    if (reason.toLowerCase(Locale.ROOT).contains("pipe")) {
      return BROKEN_PIPE;
    }
    console.say("Not all answers could be written to standard output: " + reason + ".");
    return CommandLine.ExitCode.SOFTWARE;
  }

  /**
   * Whether a person watches {@code err} live, as far as Java 17 can tell. (From Java 22 on there
   * always is a console; without a terminal type it is taken for none.)
   */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean interactive(PrintStream err) {
    return System.console() != null && err == System.err && System.getenv("TERM") != null;
  }

  /** Gives commands the console, and the one that saves what it has the interruption. */
  private record Factory(Console console, Interruption interruption)
      implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == FineTuneCommand.class) {
        return type.cast(new FineTuneCommand(console, interruption));
      }
      try {
        return type.getDeclaredConstructor(Console.class).newInstance(console);
      } catch (NoSuchMethodException e) {
        return CommandLine.defaultFactory().create(type);
      }
    }
  }

  private static int wrongUsage(CommandLine.ParameterException wrong, String[] arguments) {
    PrintWriter err = wrong.getCommandLine().getErr();
    err.println(Reason.line(wrong.getMessage()));
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(wrong, err)) {
      err.println("Try: " + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help");
    }
    return CommandLine.ExitCode.USAGE;
  }

  private int failed(Throwable failure, Console console, PrintStream err) {
    console.say(Reason.sentence(sentence(failure)));
    if (debug) {
      failure.printStackTrace(err);
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  static String sentence(Throwable failure) {
    if (failure instanceof GraftException) {
      return failure.getMessage();
    } else if (failure instanceof NoSuchFileException) {
      return "There is no file " + failure.getMessage() + ".";
    } else if (failure instanceof AccessDeniedException) {
      return failure.getMessage() + " may not be read or written by you.";
    } else if (failure instanceof UncheckedIOException unchecked) {
      return sentence(unchecked.getCause());
    } else if (failure instanceof IOException) {
      return "Reading or writing failed: "
          + Reason.of(failure, "the system does not say why")
          + ". (Is the disk full, or gone? What was there before is untouched.)";
    } else if (failure instanceof OutOfMemoryError) {
      return "There is not enough memory for that; -Xmx4g in MAVEN_OPTS (with bin/graft: GRAFT_OPTS) gives Java more.";
    } else if (failure instanceof StackOverflowError) {
      return "Something there is nested too deeply; -Xss16m in MAVEN_OPTS (with bin/graft: GRAFT_OPTS) lets Java go deeper.";
    }
    return "Graft failed in a way it should not: "
        + failure
        + " (--debug prints where; please report it).";
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
