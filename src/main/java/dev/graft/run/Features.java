package dev.graft.run;

import ai.djl.Device;
import dev.graft.Progress;
import dev.graft.data.ImageSet;
import dev.graft.feature.FeatureBatches;
import dev.graft.feature.FeatureCache;
import dev.graft.feature.FeatureExtractor;
import dev.graft.feature.FeatureKey;
import dev.graft.feature.FeatureSource;
import dev.graft.feature.FrozenRoot;
import dev.graft.feature.PixelSource;
import dev.graft.feature.RecordLayout;
import dev.graft.feature.RootRanges;
import dev.graft.network.GraftedNetwork;
import dev.graft.network.djl.Graft;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Features of a set of images, in batches.
 *
 * @param cache what the record says of the cache
 * @param computed how many were not there before
 * @param opened the cache in use; empty for pixels
 */
public record Features(
    ImageSet pictures,
    FeatureSource source,
    RunRecord.Cache cache,
    int computed,
    Optional<FeatureCache> opened)
    implements AutoCloseable {
  /** Rows that are judged at a time. */
  static final int EVALUATION_BATCH = 256;

  /** Returns pixels, so that every epoch passes through the whole network. */
  static Features pixels(Graft graft, ImageSet pictures, RunEvents events) {
    events.notCached();
    return new Features(
        pictures, pixelSource(graft, pictures), new RunRecord.Cache(false, 0), 0, Optional.empty());
  }

  private static PixelSource pixelSource(Graft graft, ImageSet pictures) {
    return new PixelSource(pictures, graft.design().preprocessing(), graft.design().inputSize());
  }

  /**
   * Returns the activation ranges that int8 needs, measured or cached.
   *
   * @param weights identifies the weights of the frozen part
   * @param rows of the images that may be used
   * @param folder of all caches
   */
  static Ranges ranges(
      Graft graft, String weights, ImageSet pictures, int[] rows, Path folder, RunEvents events)
      throws IOException {
    GraftedNetwork design = graft.design();
    FeatureKey key =
        FeatureKey.of(design, RecordLayout.of(design, false), weights, Root.onnx(Optional.empty()));
    return new RootRanges(design, graft.root().weights(), pictures, key).on(rows, folder, events);
  }

  /**
   * Returns cached features, after computing those that are missing; images that can't be read are
   * in quarantine afterwards.
   *
   * @param weights identifies the weights of the frozen part
   * @param ranges activation ranges for int8; empty for float32
   * @param folder of all caches
   */
  static Features cached(
      Graft graft,
      String weights,
      ImageSet pictures,
      Recipe recipe,
      Optional<Ranges> ranges,
      Path folder,
      Device device,
      RunEvents events)
      throws IOException {
    RecordLayout layout =
        RecordLayout.of(graft.design(), recipe.cacheType() == Recipe.CacheType.FLOAT16);
    Root root = Root.of(recipe, graft, pixelSource(graft, pictures), layout, device, ranges);
    FeatureKey key = FeatureKey.of(graft.design(), layout, weights, root.engine());
    FeatureCache cache = new FeatureCache(folder, key, layout);
    try {
      List<Integer> missing = cache.missing(pictures);
      int computed = 0;
      if (missing.isEmpty()) {
        events.cached();
      } else {
        events.computing(missing.size(), cache.kept(pictures), layout, folder.toString());
        Stopwatch watch = new Stopwatch();
        Set<Integer> tried = new HashSet<>();
        FeatureCache.Filler filler = filler(root, graft, pictures, layout, events);
        // If the first of several copies can't be read, the next one is tried.
        while (tried.addAll(missing)) {
          computed += cache.fill(pictures, missing, filler);
          missing = cache.missing(pictures);
        }
        events.computed(computed, watch.lap(), cache.bytes());
      }
      // What can't be read is tried again by every run, and is no forward pass.
      return new Features(
          pictures,
          cache.of(pictures, filler(root, graft, pictures, layout, Progress.Display.NONE)),
          new RunRecord.Cache(computed == 0, cache.bytes()),
          computed,
          Optional.of(cache));
    } catch (IOException | RuntimeException | Error e) {
      cache.close();
      throw e;
    }
  }

  private static FeatureCache.Filler filler(
      Root root, Graft graft, ImageSet pictures, RecordLayout layout, Progress.Display display) {
    return (rows, sink) -> {
      try (FrozenRoot opened = root.open();
          Progress progress = display.progress("features", "pictures", rows.size())) {
        new FeatureExtractor(
                opened,
                pixelSource(graft, pictures),
                layout,
                pictures.quarantine()::check,
                progress)
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

  /** Returns batches to train on. */
  FeatureBatches shuffled(int[] rows, Recipe recipe) {
    return FeatureBatches.shuffled(
        source, rows, pictures.labels(rows), recipe.batchSize(), recipe.minSteps(), recipe.seed());
  }

  /** Returns batches to evaluate or to measure. */
  FeatureBatches inOrder(int[] rows) {
    return FeatureBatches.inOrder(source, rows, pictures.labels(rows), EVALUATION_BATCH);
  }
}
