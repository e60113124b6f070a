package dev.graft.command;

import dev.graft.inference.ModelRunner;
import dev.graft.serve.ServeSettings;
import dev.graft.serve.ServeSettings.Access;
import dev.graft.serve.ServeSettings.RequestLimits;
import dev.graft.serve.Server;
import dev.graft.util.Messages;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code serve}: a web page and a REST interface for a saved model. */
@Command(
    name = "serve",
    description = "Classify images over HTTP: a page for people, REST for programs.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  serve                  the latest run's model, or ImageNet's before any run",
      "  serve --run output/runs/RUN --port 9000",
      "  serve --host 0.0.0.0   for other machines, too; without a password",
      "  serve --reject 0.05    no class if unlike the training images"
    })
final class ServeCommand extends Subcommand {
  @Mixin private ModelOption model;

  @Mixin private RejectOption reject;

  @Option(
      names = "--name",
      defaultValue = "model",
      paramLabel = "NAME",
      description = "Name of the model in addresses (default: ${DEFAULT-VALUE}).")
  private String name;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      paramLabel = "HOST",
      description = "Address to listen on (default: ${DEFAULT-VALUE}, only this machine).")
  private String host;

  @Option(
      names = "--port",
      defaultValue = "8080",
      paramLabel = "N",
      description = "Port; 0 for any free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--max-body",
      defaultValue = "32",
      paramLabel = "MB",
      description = "Maximum size of a request in MB (default: ${DEFAULT-VALUE}).")
  private int body;

  @Option(
      names = "--max-megapixels",
      defaultValue = "100",
      paramLabel = "N",
      description = "Maximum size of an image in megapixels (default: ${DEFAULT-VALUE}).")
  private int megapixels;

  @Option(
      names = {"--max-images", "--max-pictures"},
      defaultValue = "64",
      paramLabel = "N",
      description =
          "Maximum number of images in progress; more are refused (default: ${DEFAULT-VALUE}).")
  private int images;

  @Option(
      names = "--timeout",
      defaultValue = "30",
      paramLabel = "SECONDS",
      description =
          "Maximum time from a request's first byte to its answer (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Option(
      names = "--host-name",
      paramLabel = "NAME",
      description =
          "Also accept this host name, such as that of a proxy; may be repeated. Names other than"
              + " this machine's own are refused.")
  private List<String> hostNames = List.of();

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description =
          "Let scripts of another site's pages read responses, such as https://example.org; may be"
              + " repeated, * for all.")
  private List<String> origins = List.of();

  @Option(
      names = "--allow-swap",
      description = "Let POST /models/NAME replace the model with one on this machine.")
  private boolean swap;

  @Option(
      names = "--allow-torchscript",
      description = "With --allow-swap: also with a TorchScript model, which can run any code.")
  private boolean torchScript;

  @Override
  public Integer call() throws IOException, InterruptedException {
    model.check();
    reject.check();
    ServeSettings settings = settings();
    Server server = new Server(settings, name, classifier(), this::load);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    String address = host.contains(":") ? "[" + host + "]" : host;
    console.say("Page: http://" + address + ":" + server.port() + "/");
    console.say("REST: POST /predictions/" + name + ", see /openapi.json. Ctrl-C ends it.");
    new CountDownLatch(1).await(); // until a signal ends the process
    return 0;
  }

  private ServeSettings settings() {
    if (torchScript && !swap) {
      throw new WrongUsage("Give --allow-torchscript with --allow-swap.");
    }
    return new ServeSettings(
        host,
        port,
        new RequestLimits(body, megapixels, images, Duration.ofSeconds(timeout)),
        new Access(hostNames, origins, swap),
        reject.share());
  }

  private ModelRunner classifier() throws IOException {
    ModelRunner classifier = model.classifier(model.place(), console);
    reject.requireTypicality(classifier);
    console.say("Model: " + classifier.name());
    return classifier;
  }

  /** Loads a replacement. The reason of a failure is shown only on this machine's console. */
  private ModelRunner load(Path place) {
    try {
      Path folder = OutputOption.modelOf(place);
      ModelRunner loaded =
          torchScript
              ? ModelRunner.load(folder, model.device())
              : ModelRunner.loadWithoutTorchScript(folder, model.device());
      reject.requireTypicality(loaded);
      console.say("Model: " + loaded.name());
      return loaded;
    } catch (RuntimeException | OutOfMemoryError | LinkageError e) {
      console.say("POST /models: " + Messages.of(e, "the model cannot be loaded") + ".");
      throw e;
    }
  }
}
