package dev.graft;

import dev.graft.evaluation.Temperature;
import dev.graft.inference.ExportedModel;
import dev.graft.inference.SavedModel;
import dev.graft.io.AtomicFiles;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.tuning.PreparedRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A fine-tuned network in memory. */
public final class TrainedModel implements AutoCloseable {
  private final PreparedRun run;
  private final DjlNetwork network;
  private final Temperature temperature;
  private final SavedModel.Extras extras;

  TrainedModel(
      PreparedRun run, DjlNetwork network, Temperature temperature, SavedModel.Extras extras) {
    this.run = run;
    this.network = network;
    this.temperature = temperature;
    this.extras = extras;
  }

  /** Returns the class names, in the order of their indices. */
  public List<String> classes() {
    return run.data().classes();
  }

  /**
   * Saves the model for {@link Classifier#load}, for {@code graft serve} and for plain DJL.
   *
   * @param folder must not exist; appears whole or not at all
   * @throws IOException if it can't be written
   */
  public void save(Path folder) throws IOException {
    SavedModel.save(
        network.withTemperature(temperature.value()),
        folder,
        run.name(),
        run.backbone().weights().title(),
        classes(),
        run.recipe().head(),
        extras);
  }

  /**
   * Returns a classifier with the model as it is now, without a saved folder. The caller closes it;
   * closing the trained model leaves it usable.
   *
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
   * @throws IOException if it can't be written
   */
  public void exportOnnx(Path file) throws IOException {
    Path temporary = Files.createTempDirectory("graft");
    try {
      Path folder = temporary.resolve("model");
      save(folder);
      ExportedModel.write(SavedModel.contents(folder), file);
    } finally {
      AtomicFiles.deleteTemporary(temporary);
    }
  }

  @Override
  public void close() {
    try {
      run.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
