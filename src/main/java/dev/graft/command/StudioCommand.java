package dev.graft.command;

import dev.graft.studio.Studio;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code studio}: a page to collect images, train, try and export. */
@Command(
    name = "studio",
    description = "Open a page on this machine to collect images in classes, train and try.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  studio                 the folder photos/, created if it is missing",
      "  studio pets --port 9000"
    })
final class StudioCommand extends Subcommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "FOLDER",
      defaultValue = "photos",
      description =
          "Folder with one folder of images per class; created if missing (default:"
              + " ${DEFAULT-VALUE}).")
  private Path folder;

  @Option(
      names = "--port",
      defaultValue = "8420",
      paramLabel = "N",
      description = "Port; 0 for any free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(names = "--no-browser", description = "Only print the page's address.")
  private boolean noBrowser;

  @Mixin private OutputOption output;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Studio studio = new Studio(folder, output.folder(), port);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(studio)));
    console.say("Studio: " + studio.address() + " for " + folder + ". Ctrl-C ends it.");
    if (!noBrowser) {
      browse(studio.address());
    }
    new CountDownLatch(1).await(); // until a signal ends the process
    return 0;
  }

  private static void close(Studio studio) {
    try {
      studio.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens the system's browser, if there is a command for it. */
  private static void browse(String address) {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    List<String> command =
        system.contains("win")
            // By its path, since Windows looks in the working folder first.
            ? List.of(
                System.getenv("SystemRoot") + "\\System32\\rundll32.exe",
                "url.dll,FileProtocolHandler",
                address)
            : List.of(system.contains("mac") ? "open" : "xdg-open", address);
    try {
      var unused =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      return; // the address was printed
    }
  }
}
