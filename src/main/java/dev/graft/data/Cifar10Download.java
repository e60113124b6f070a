package dev.graft.data;

import ai.djl.Application.CV;
import ai.djl.basicdataset.BasicDatasets;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import ai.djl.util.Progress;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CIFAR-10 as DJL downloads it, from its own repository into its own cache. DJL waits for ever
 * where a network drops what it is sent, so that the waiting is done here, and bounded.
 */
final class Cifar10Download {
  private static final Logger LOG = LoggerFactory.getLogger(Cifar10Download.class);

  /** For looking up the host, connecting and a first answer, each. */
  private static final Duration ANSWER = Duration.ofSeconds(5);

  /** Without a single byte, during the download. */
  private static final Duration STALL = Duration.ofSeconds(30);

  /**
   * What came of it.
   *
   * @param folder that holds {@code data_batch.bin} and {@code test_batch.bin}, if all went well
   * @param obstacle why it did not, otherwise
   */
  record Outcome(Optional<Path> folder, String obstacle) {
    static Outcome at(Path folder) {
      return new Outcome(Optional.of(folder), "");
    }

    static Outcome none(String obstacle) {
      return new Outcome(Optional.empty(), obstacle);
    }
  }

  private Cifar10Download() {}

  /** The folder of an earlier download if there is one, else that of a new one. Never throws. */
  static Outcome fetch() {
    Repository repository = BasicDatasets.REPOSITORY;
    MRL mrl = repository.dataset(CV.ANY, BasicDatasets.GROUP_ID, "cifar10", "1.0");
    try {
      // Not asked for through DJL, which would want to hear of news from the network every day.
      Path cached =
          repository.getCacheDirectory().resolve(mrl.toURI().getPath()).resolve(mrl.getVersion());
      if (Files.isDirectory(cached)) {
        return Outcome.at(cached);
      }
      if (isOffline()) {
        return Outcome.none("DJL is told to stay offline");
      }
      String host = repository.getBaseUri().getHost();
      start("look for " + host, () -> answers(repository))
          .get(2 * ANSWER.toMillis(), TimeUnit.MILLISECONDS);
      LOG.info("Downloading CIFAR-10 (170 MB) from {} to {}", host, cached);
      return Outcome.at(download(repository, mrl));
    } catch (ExecutionException e) {
      return Outcome.none(reason(e.getCause()));
    } catch (TimeoutException e) {
      return Outcome.none("no answer from " + repository.getBaseUri().getHost());
    } catch (IOException e) {
      return Outcome.none(reason(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.none("interrupted");
    }
  }

  /** As DJL's {@code Utils.isOfflineMode}, which 0.25.0 does not have. */
  private static boolean isOffline() {
    String mode = System.getenv("DJL_OFFLINE");
    if (mode == null) {
      mode = System.getProperty("ai.djl.offline", System.getProperty("offline"));
    }
    return Boolean.parseBoolean(mode);
  }

  /** Whether anything at all answers, whatever it says. */
  private static int answers(Repository repository) throws IOException {
    var connection = (HttpURLConnection) repository.getBaseUri().toURL().openConnection();
    connection.setConnectTimeout((int) ANSWER.toMillis());
    connection.setReadTimeout((int) ANSWER.toMillis());
    connection.setRequestMethod("HEAD");
    try {
      return connection.getResponseCode();
    } finally {
      connection.disconnect();
    }
  }

  private static Path download(Repository repository, MRL mrl)
      throws ExecutionException, InterruptedException, TimeoutException {
    Pulse pulse = new Pulse();
    FutureTask<Path> download =
        start(
            "download CIFAR-10",
            () -> {
              Artifact artifact = mrl.getDefaultArtifact();
              mrl.prepare(artifact, pulse);
              return repository.getResourceDirectory(artifact);
            });
    while (true) {
      try {
        return download.get(1, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() - pulse.last > STALL.toNanos()) {
          throw e;
        }
      }
    }
  }

  /** On a daemon thread: one that hangs in the network must not keep the program from ending. */
  private static <T> FutureTask<T> start(String name, Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static String reason(Throwable e) {
    return e instanceof UnknownHostException
        ? "unknown host " + e.getMessage()
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  /** When bytes last came in. */
  private static final class Pulse implements Progress {
    private volatile long last = System.nanoTime();

    @Override
    public void reset(String message, long max, String trailingMessage) {
      beat();
    }

    @Override
    public void start(long initialProgress) {
      beat();
    }

    @Override
    public void end() {
      beat();
    }

    @Override
    public void increment(long increment) {
      beat();
    }

    @Override
    public void update(long progress, String message) {
      beat();
    }

    private void beat() {
      last = System.nanoTime();
    }
  }
}
