package dev.graft;

import dev.graft.evaluation.Temperature;
import dev.graft.inference.SavedModel;
import dev.graft.io.WholeFile;
import dev.graft.network.onnx.Ranges;
import dev.graft.run.Beginning;
import dev.graft.run.Exporter;
import dev.graft.run.OutputFolder;
import dev.graft.run.RunEvents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A fine-tuned network in memory. */
public final class TrainedModel implements AutoCloseable {
  private final Beginning run;
  private final Temperature temperature;
  private final Optional<Ranges> ranges;

  TrainedModel(Beginning run, Temperature temperature, Optional<Ranges> ranges) {
    this.run = run;
    this.temperature = temperature;
    this.ranges = ranges;
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
        run.graft().at(temperature.value()),
        folder,
        run.name(),
        run.backbone().weights().title(),
        classes(),
        run.recipe().head(),
        ranges);
  }

  /**
   * Writes the model as one ONNX file, after comparing the file's probabilities with the model's.
   *
   * @throws GraftException if they differ, or if ONNX Runtime is not available
   * @throws IOException if the file can't be written
   */
  public void exportOnnx(Path file) throws IOException {
    Path temporary = Files.createTempDirectory("graft");
    try {
      Path folder = temporary.resolve("model");
      save(folder);
      new Exporter(folder, new OutputFolder(temporary), new RunEvents() {})
          .export(Exporter.Format.ONNX, Optional.of(file), cost -> {});
    } finally {
      WholeFile.delete(temporary);
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
