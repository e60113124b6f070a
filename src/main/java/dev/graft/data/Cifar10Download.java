package dev.graft.data;

import ai.djl.Application;
import ai.djl.basicdataset.BasicDatasets;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import ai.djl.util.Progress;
import dev.graft.io.Download;
import dev.graft.util.Messages;
import dev.graft.util.Text;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Downloads CIFAR-10 from DJL's repository of data sets to DJL's cache. */
final class Cifar10Download {
  /** The time that the server may be silent. DJL itself would wait forever. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String VERSION = "1.0";

  private Cifar10Download() {}

  /**
   * Returns the folder of an earlier download, or downloads the data.
   *
   * @return a folder that holds {@code data_batch.bin} and {@code test_batch.bin}
   * @throws IOException if the download fails; the message is a clause with the reason
   */
  static Path fetch(dev.graft.util.Progress.Display display) throws IOException {
    return fetch(BasicDatasets.REPOSITORY, PATIENCE, display);
  }

  static Path fetch(
      Repository repository, Duration patience, dev.graft.util.Progress.Display display)
      throws IOException {
    MRL cifar10 =
        repository.dataset(Application.CV.ANY, BasicDatasets.GROUP_ID, "cifar10", VERSION);
    Path folder =
        repository.getCacheDirectory().resolve(cifar10.toURI().getPath()).resolve(VERSION);
    if (Files.isDirectory(folder)) {
      return folder;
    }
    Download.checkOnline();
    display.say(
        Text.of(
            "CIFAR-10 was not found. Downloading it once, 170 MB, from %s to %s. To avoid this,"
                + " use the bundled sample, cifar10-sample.",
            repository.getBaseUri().getHost(), folder));
    ShownProgress shown = new ShownProgress(display);
    CompletableFuture<Path> download = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                Artifact artifact = cifar10.getDefaultArtifact();
                cifar10.prepare(artifact, shown);
                download.complete(repository.getResourceDirectory(artifact));
              } catch (IOException | RuntimeException e) {
                download.completeExceptionally(e);
              }
            },
            "cifar10-download");
    thread.setDaemon(true); // a silent server must not keep the program from ending
    thread.start();
    try {
      return await(download, shown, patience);
    } finally {
      shown.end();
    }
  }

  /** Waits for the download while it makes progress. */
  private static Path await(
      CompletableFuture<Path> download, ShownProgress shown, Duration patience) throws IOException {
    while (true) {
      long before = shown.done;
      try {
        return download.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (shown.done == before) {
          throw new IOException("the server sent nothing for " + patience.toSeconds() + " s", e);
        }
      } catch (ExecutionException e) {
        throw new IOException(reason(e.getCause()), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("the download was interrupted", e);
      }
    }
  }

  private static String reason(Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "the host " + cause.getMessage() + " is unknown";
    }
    if (cause instanceof FileNotFoundException) {
      return "the server does not have " + cause.getMessage();
    }
    return Messages.of(cause, cause.getClass().getSimpleName());
  }

  /** Passes DJL's progress, in bytes, to Graft's display. */
  private static final class ShownProgress implements Progress {
    private final dev.graft.util.Progress.Display display;
    private dev.graft.util.Progress progress = dev.graft.util.Progress.NONE;
    private volatile long done;

    ShownProgress(dev.graft.util.Progress.Display display) {
      this.display = display;
    }

    @Override
    public void reset(String message, long max, String trailingMessage) {
      progress = display.progress("CIFAR-10", "bytes", max);
    }

    @Override
    public void start(long initialProgress) {
      update(initialProgress);
    }

    @Override
    public void end() {
      progress.close();
    }

    @Override
    public void increment(long increment) {
      update(done + Math.max(0, increment)); // DJL counts the end of a file as -1
    }

    @Override
    public void update(long progressed, String message) {
      done = progressed;
      progress.stepTo(progressed);
    }
  }
}
