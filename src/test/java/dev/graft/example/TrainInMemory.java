package dev.graft.example;

import dev.graft.Backbones;
import dev.graft.FineTuner;
import dev.graft.FineTuning;
import dev.graft.FineTuningListener;
import dev.graft.Interruption;
import dev.graft.LabeledImages;
import dev.graft.evaluation.History;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Trains on images that are not files, and can be stopped by another thread. */
public final class TrainInMemory {
  private final Interruption interruption = new Interruption();

  /**
   * Trains a head, and writes it as an ONNX file.
   *
   * @param images the content of image files, by class
   * @return the test accuracy
   */
  public double train(Map<String, List<byte[]>> images, Path cache, Path onnx) throws IOException {
    LabeledImages.Builder builder = LabeledImages.builder();
    for (Map.Entry<String, List<byte[]>> each : images.entrySet()) {
      for (byte[] image : each.getValue()) {
        builder.add(new ByteArrayInputStream(image), each.getKey() + " image", each.getKey());
      }
    }
    LabeledImages labeled = builder.build();

    FineTuner tuner =
        FineTuner.on(Backbones.vgg16())
            .inputSize(32)
            .hidden(0)
            .epochs(5)
            .seed(7)
            .cache(cache)
            .interruption(interruption)
            .listener(
                new FineTuningListener() {
                  @Override
                  public void epoch(History.Epoch epoch) {
                    System.out.println(epoch.epoch() + ": " + epoch.validationAccuracy());
                  }
                });
    try (FineTuning result = tuner.fit(labeled)) {
      result.model().exportOnnx(onnx);
      return result.test().accuracy();
    }
  }

  /** Ends the training after its current step; may be called from any thread. */
  public void stop() {
    interruption.request();
  }
}
