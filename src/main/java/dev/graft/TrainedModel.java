package dev.graft;

import dev.graft.evaluation.Temperature;
import dev.graft.inference.ExportedModel;
import dev.graft.inference.SavedModel;
import dev.graft.io.AtomicFiles;
import dev.graft.network.Typicality;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.Ranges;
import dev.graft.tuning.PreparedRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A fine-tuned network in memory. */
public final class TrainedModel implements AutoCloseable {
  private final PreparedRun run;
  private final DjlNetwork network;
  private final Temperature temperature;
  private final Optional<Ranges> ranges;
  private final Typicality typicality;
  private boolean closed;

  TrainedModel(
      PreparedRun run,
      DjlNetwork network,
      Temperature temperature,
      Optional<Ranges> ranges,
      Typicality typicality) {
    this.run = run;
    this.network = network;
    this.temperature = temperature;
    this.ranges = ranges;
    this.typicality = typicality;
  }

  /** Returns the class names, in the order of their indices. */
  public List<String> classes() {
    return run.data().classes();
  }

  /**
   * Saves the model for {@link Classifier#load}, for {@code graft serve} and for plain DJL.
   *
   * @param folder must be missing or empty; created with its parents, and appears whole or not at
   *     all
   * @throws GraftException if the folder has content
   * @throws IllegalStateException if this model is closed
   * @throws IOException if it can't be written
   */
  public void save(Path folder) throws IOException {
    Objects.requireNonNull(folder, "folder");
    requireOpen();
    AtomicFiles.createParent(folder);
    run.save(folder, network, temperature, ranges, typicality);
  }

  /**
   * Returns a classifier with the model as it is now, without a saved folder. The caller closes it;
   * closing the trained model leaves it usable.
   *
   * @throws IllegalStateException if this model is closed
   * @throws IOException if the temporary folder can't be written, which is deleted at once
   */
  public Classifier classifier() throws IOException {
    Path temporary = Files.createTempDirectory("graft");
    try {
      Path folder = temporary.resolve("model");
      save(folder);
      return Classifier.load(folder);
    } finally {
      AtomicFiles.deleteTemporary(temporary);
    }
  }

  /**
   * Writes the model as one ONNX file, which {@link Classifier#load} takes, too.
   *
   * @param file replaced if it exists; created with its parents, and appears whole or not at all
   * @throws GraftException if the backbone is TorchScript, which ONNX can't express
   * @throws IllegalStateException if this model is closed
   * @throws IOException if it can't be written
   */
  public void exportOnnx(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    requireOpen();
    AtomicFiles.createParent(file);
    Path temporary = Files.createTempDirectory("graft");
    try {
      Path folder = temporary.resolve("model");
      save(folder);
      ExportedModel.write(SavedModel.contents(folder), file);
    } finally {
      AtomicFiles.deleteTemporary(temporary);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("This model is closed: use it before closing it.");
    }
  }

  /**
   * Frees the model. Does nothing if it is closed already.
   *
   * @throws UncheckedIOException if its data can't be closed
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      run.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
