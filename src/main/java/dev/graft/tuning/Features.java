package dev.graft.tuning;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.graft.Progress;
import dev.graft.data.ImageSet;
import dev.graft.feature.FeatureBatches;
import dev.graft.feature.FeatureCache;
import dev.graft.feature.FeatureExtractor;
import dev.graft.feature.FeatureKey;
import dev.graft.feature.FeatureSource;
import dev.graft.feature.FrozenPart;
import dev.graft.feature.FrozenPartRanges;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.network.NetworkDesign;
import dev.graft.network.djl.DjlNetwork;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.training.Matrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Features of a set of images, in batches.
 *
 * @param bytes size of the cache's file; 0 for pixels
 * @param computed number of images that were not cached before
 * @param opened the cache in use; empty for pixels
 */
public record Features(
    ImageSet images, FeatureSource source, long bytes, int computed, Optional<FeatureCache> opened)
    implements AutoCloseable {
  /** Rows per evaluation step. */
  public static final int EVALUATION_BATCH = 256;

  /** Returns whether all features were cached before. */
  public boolean isHit() {
    return opened.isPresent() && computed == 0;
  }

  /** Returns pixels, so that every epoch passes through the whole network. */
  static Features pixels(DjlNetwork network, ImageSet images, RunEvents events) {
    events.notCached();
    return new Features(images, pixelSource(network, images), 0, 0, Optional.empty());
  }

  private static PixelSource pixelSource(DjlNetwork network, ImageSet images) {
    return new PixelSource(images, network.design().preprocessing(), network.design().inputSize());
  }

  /**
   * Returns the activation ranges that int8 needs, measured or cached.
   *
   * @param weights identifies the weights of the frozen part
   * @param rows of the images that may be used
   * @param folder of all caches
   */
  static Ranges ranges(
      DjlNetwork network,
      String weights,
      ImageSet images,
      int[] rows,
      Path folder,
      RunEvents events)
      throws IOException {
    NetworkDesign design = network.design();
    FeatureKey key =
        FeatureKey.of(
            design,
            RecordLayout.of(design, false),
            weights,
            FrozenPartChoice.onnx(Optional.empty()));
    return new FrozenPartRanges(design, network.frozenPart().weights(), images, key)
        .readOrMeasure(rows, folder, events);
  }

  /**
   * Returns cached features, after computing those that are missing; unreadable images are in
   * quarantine afterwards.
   *
   * @param weights identifies the weights of the frozen part
   * @param ranges activation ranges for int8; empty for float32
   * @param folder of all caches
   */
  static Features cached(
      DjlNetwork network,
      String weights,
      ImageSet images,
      Recipe recipe,
      Optional<Ranges> ranges,
      Path folder,
      Device device,
      RunEvents events)
      throws IOException {
    RecordLayout layout =
        RecordLayout.of(
            network.design(), recipe.execution().cacheType() == Recipe.CacheType.FLOAT16);
    FrozenPartChoice choice =
        FrozenPartChoice.of(recipe, network, pixelSource(network, images), layout, device, ranges);
    FeatureKey key = FeatureKey.of(network.design(), layout, weights, choice.engine());
    FeatureCache cache = new FeatureCache(folder, key, layout);
    try {
      List<Integer> missing = cache.missing(images);
      int computed = 0;
      if (missing.isEmpty()) {
        events.cached();
      } else {
        events.computing(missing.size(), cache.cached(images), layout, folder.toString());
        Stopwatch watch = new Stopwatch();
        Set<Integer> tried = new HashSet<>();
        FeatureCache.Filler filler = filler(choice, network, images, layout, events);
        // If the first of several copies can't be read, the next one is tried.
        while (tried.addAll(missing)) {
          computed += cache.fill(images, missing, filler);
          missing = cache.missing(images);
        }
        events.computed(computed, watch.lap(), cache.bytes());
      }
      // Unreadable images are tried again in every run, and do not count as forward passes.
      return new Features(
          images,
          cache.of(images, filler(choice, network, images, layout, Progress.Display.NONE)),
          cache.bytes(),
          computed,
          Optional.of(cache));
    } catch (IOException | RuntimeException | Error e) {
      cache.close();
      throw e;
    }
  }

  private static FeatureCache.Filler filler(
      FrozenPartChoice choice,
      DjlNetwork network,
      ImageSet images,
      RecordLayout layout,
      Progress.Display display) {
    return (rows, sink) -> {
      try (FrozenPart opened = choice.open();
          Progress progress = display.progress("features", "images", rows.size())) {
        new FeatureExtractor(
                opened, pixelSource(network, images), layout, images.quarantine()::check, progress)
            .fill(rows, sink);
      }
    };
  }

  @Override
  public void close() throws IOException {
    if (opened.isPresent()) {
      opened.get().close();
    }
  }

  /** Returns the last values of each image's features, in batches to evaluate. */
  FeatureBatches inOrder(int[] rows, int width) {
    FeatureSource last =
        (manager, some) -> {
          NDArray all = source.read(manager, some).singletonOrThrow();
          return new NDList(all.get(new NDIndex(":, {}:", all.getShape().get(1) - width)));
        };
    return FeatureBatches.inOrder(last, rows, images.labels(rows), EVALUATION_BATCH);
  }

  /** Returns the features of images, {@code (n, F)}; the backbone must be frozen. */
  Matrix matrix(int[] rows) {
    float[] values = new float[0];
    int width = 0;
    for (int from = 0; from < rows.length; from += EVALUATION_BATCH) {
      int[] some = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + EVALUATION_BATCH));
      try (NDManager manager = NDManager.newBaseManager()) {
        float[] batch = source.read(manager, some).singletonOrThrow().toFloatArray();
        if (from == 0) {
          width = batch.length / some.length;
          values = new float[Math.multiplyExact(rows.length, width)];
        }
        System.arraycopy(batch, 0, values, from * width, batch.length);
      }
    }
    return new Matrix(values, rows.length, width);
  }

  /** Returns batches to train on. */
  FeatureBatches shuffled(int[] rows, Recipe recipe) {
    return FeatureBatches.shuffled(
        source,
        rows,
        images.labels(rows),
        recipe.training().batchSize().value(),
        recipe.training().minSteps(),
        recipe.seed());
  }

  /** Returns batches to evaluate or to measure. */
  FeatureBatches inOrder(int[] rows) {
    return FeatureBatches.inOrder(source, rows, images.labels(rows), EVALUATION_BATCH);
  }
}
