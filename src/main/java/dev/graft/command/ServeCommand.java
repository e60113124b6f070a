package dev.graft.command;

import dev.graft.Console;
import dev.graft.inference.Classifier;
import dev.graft.run.RunFolder;
import dev.graft.serve.ServeSettings;
import dev.graft.serve.Server;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve}: a web page and a REST interface for a saved model. */
@Command(
    name = "serve",
    description = "Answer over HTTP what is in pictures: a page for people, REST for programs.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  serve                  the latest run's model; before any, ImageNet",
      "  serve --run output/runs/RUN --port 9000",
      "  serve --host 0.0.0.0   for others too: there is no password"
    })
final class ServeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private ModelOption model;

  @Option(
      names = "--name",
      defaultValue = "model",
      paramLabel = "NAME",
      description = "The model's name in addresses (default: ${DEFAULT-VALUE}).")
  private String name;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      paramLabel = "HOST",
      description = "Where to listen (default: ${DEFAULT-VALUE}, this machine alone).")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "8080",
      paramLabel = "N",
      description = "Port; 0 takes any that is free (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--max-body",
      defaultValue = "32",
      paramLabel = "MB",
      description = "Most megabytes of a request (default: ${DEFAULT-VALUE}).")
  private int body;

  @Option(
      names = "--max-megapixels",
      defaultValue = "100",
      paramLabel = "N",
      description = "Most megapixels of a picture (default: ${DEFAULT-VALUE}).")
  private int megapixels;

  @Option(
      names = "--max-pictures",
      defaultValue = "64",
      paramLabel = "N",
      description = "Most pictures under way, more are refused (default: ${DEFAULT-VALUE}).")
  private int pictures;

  @Option(
      names = "--timeout",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description = "Longest time for a picture (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description = "Let scripts of another site's pages ask, such as https://example.org.")
  private String origin;

  @Option(names = "--allow-swap", description = "Let POST /models/NAME put another model in place.")
  private boolean swappable;

  ServeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    model.check();
    ServeSettings settings =
        new ServeSettings(
            host,
            port,
            body,
            megapixels,
            pictures,
            Duration.ofSeconds(timeout),
            Optional.ofNullable(origin),
            swappable);
    Server server = new Server(settings, name, classifier(), this::load);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    console.say("The page: http://" + host + ":" + server.port() + "/");
    console.say("For programs: POST /predictions/" + name + ", see /openapi.json. Ctrl-C ends it.");
    new CountDownLatch(1).await(); // the process is told from outside to end
    return 0;
  }

  private Classifier classifier() throws IOException {
    Classifier classifier = model.classifier(model.place(), console);
    console.say("Model: " + classifier.name());
    return classifier;
  }

  private Classifier load(Path folder) {
    return Classifier.load(RunFolder.modelOf(folder), model.device());
  }
}
