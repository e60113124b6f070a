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
 * @param cache for the run's record
 * @param computed number of images whose features are new
 */
record Features(ImageSet pictures, FeatureSource source, RunRecord.Cache cache, int computed) {
  /** Rows per batch of an evaluation. */
  static final int EVALUATION_BATCH = 256;

  /** Returns pixels, so that every epoch passes through the whole network. */
  static Features pixels(Graft graft, ImageSet pictures, RunEvents events) {
    events.notCached();
    return new Features(pictures, pixelSource(graft, pictures), new RunRecord.Cache(false, 0), 0);
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
    List<Integer> missing = cache.missing(pictures);
    int computed = 0;
    if (missing.isEmpty()) {
      events.cached();
    } else {
      events.computing(missing.size(), cache.kept(pictures), layout, folder.toString());
      Stopwatch watch = new Stopwatch();
      Set<Integer> tried = new HashSet<>();
      // If the first of several copies can't be read, the next one is tried.
      while (tried.addAll(missing)) {
        computed += compute(cache, missing, root, graft, pictures, layout, events);
        missing = cache.missing(pictures);
      }
      events.computed(computed, watch.lap(), cache.bytes());
    }
    // Unreadable images are tried again by every run, and cost no forward pass.
    return new Features(
        pictures, cache.of(pictures), new RunRecord.Cache(computed == 0, cache.bytes()), computed);
  }

  private static int compute(
      FeatureCache cache,
      List<Integer> missing,
      Root root,
      Graft graft,
      ImageSet pictures,
      RecordLayout layout,
      RunEvents events)
      throws IOException {
    try (FrozenRoot opened = root.open();
        Progress progress = events.progress("features", "pictures", missing.size())) {
      return cache.fill(
          pictures,
          missing,
          new FeatureExtractor(
              opened,
              pixelSource(graft, pictures),
              layout,
              pictures.quarantine()::check,
              progress));
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
