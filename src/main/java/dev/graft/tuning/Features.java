package dev.graft.tuning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
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
import dev.graft.feature.View;
import dev.graft.image.Augmentation;
import dev.graft.network.NetworkDesign;
import dev.graft.network.onnx.Ranges;
import dev.graft.recipe.Recipe;
import dev.graft.training.Matrix;
import dev.graft.util.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Features of a set of images, in batches.
 *
 * @param sources the features of the views that the recipe uses, in their order
 * @param bytes size of the caches' files; 0 for pixels
 * @param computed number of images that were not cached before
 * @param computedOthers as {@code computed}, for mirror images and random crops
 * @param opened the caches in use; none for pixels
 */
public record Features(
    ImageSet images,
    Map<View, FeatureSource> sources,
    long bytes,
    int computed,
    int computedOthers,
    List<FeatureCache> opened)
    implements AutoCloseable {
  /** Rows per evaluation step. */
  public static final int EVALUATION_BATCH = 256;

  /** Returns whether all features were cached before. */
  public boolean isHit() {
    return !opened.isEmpty() && computed + computedOthers == 0;
  }

  /** Returns pixels, so that every epoch passes through the whole network. */
  static Features pixels(PreparedRun run) {
    run.events().notCached();
    ImageSet images = run.data().images();
    Map<View, FeatureSource> sources = new LinkedHashMap<>();
    for (View view : views(run)) {
      sources.put(view, pixelSource(run, images, view));
    }
    return new Features(images, sources, 0, 0, 0, List.of());
  }

  private static List<View> views(PreparedRun run) {
    Recipe.Training training = run.recipe().training();
    List<Integer> color = run.network().design().preprocessing().meanColor();
    return views(run.recipe(), new Augmentation(training.randAugment(), training.cutout(), color));
  }

  /**
   * Returns the views that a recipe uses: the images as they are first, and those of predicted
   * images last, because all others may find unreadable images, which change the split.
   */
  static List<View> views(Recipe recipe, Augmentation ofCrops) {
    Recipe.Training training = recipe.training();
    List<View> views = new ArrayList<>(List.of(View.IMAGE));
    if (training.mirror()) {
      views.add(View.MIRROR_IMAGE);
    }
    for (int number = 1; number <= training.crops(); number++) {
      views.add(new View(number, training.mirror(), ofCrops));
    }
    if (training.averageMirror() && !training.mirror()) {
      views.add(View.MIRROR_IMAGE);
    }
    return views;
  }

  private static PixelSource pixelSource(PreparedRun run, ImageSet images, View view) {
    NetworkDesign design = run.network().design();
    return new PixelSource(images, design.preprocessing(), design.inputSize(), view);
  }

  /**
   * Returns the activation ranges that int8 needs, measured or cached.
   *
   * @param rows of the images that may be used
   */
  static Ranges ranges(PreparedRun run, int[] rows) throws IOException {
    NetworkDesign design = run.network().design();
    FeatureKey key =
        FeatureKey.of(
            design,
            RecordLayout.of(design, false),
            PreparedRun.weightsId(run.recipe(), run.backbone()),
            FrozenPartChoice.onnx(Optional.empty()));
    return new FrozenPartRanges(
            design, run.network().frozenPart().weights(), run.storingImages(), key)
        .readOrMeasure(rows, run.features(), run.events());
  }

  /**
   * Returns cached features, after computing those that are missing; unreadable images are in
   * quarantine afterwards.
   *
   * @param ranges activation ranges for int8; empty for float32
   */
  static Features cached(PreparedRun run, Optional<Ranges> ranges) throws IOException {
    Recipe recipe = run.recipe();
    ImageSet images = run.storingImages();
    NetworkDesign design = run.network().design();
    RecordLayout layout =
        RecordLayout.of(design, recipe.execution().cacheType() == Recipe.CacheType.FLOAT16);
    FrozenPartChoice choice =
        FrozenPartChoice.of(
            recipe,
            run.network(),
            pixelSource(run, images, View.IMAGE),
            layout,
            run.device(),
            ranges);
    FeatureKey key =
        FeatureKey.of(
            design, layout, PreparedRun.weightsId(recipe, run.backbone()), choice.engine());
    Caching caching = new Caching(run, images, choice, layout);
    Map<View, FeatureCache> caches = new LinkedHashMap<>();
    try {
      long missing = 0;
      for (View view : views(run)) {
        caches.put(view, new FeatureCache(run.features(), key.of(view), layout));
        if (!isOfPredictedImages(view, recipe)) {
          missing += caches.get(view).missing(images, run.wanted(view)).size();
        }
      }
      caching.requireSpace(missing);
      Features all = new Features(images, Map.of(), 0, 0, 0, List.of());
      for (View view : caches.keySet()) {
        if (all.computed + all.computedOthers > 0) {
          caches.get(view).refresh(); // others may have written while earlier views were computed
        }
        all = all.with(caching.features(view, caches.get(view)));
      }
      return all;
    } catch (IOException | RuntimeException | Error e) {
      for (FeatureCache each : caches.values()) {
        try {
          each.close();
        } catch (IOException f) {
          e.addSuppressed(f);
        }
      }
      throw e;
    }
  }

  /** Returns whether a view is only used of images that are predicted, not of training images. */
  static boolean isOfPredictedImages(View view, Recipe recipe) {
    return view.equals(View.MIRROR_IMAGE) && !recipe.training().mirror();
  }

  /** Returns the features of the images as they are. */
  FeatureSource source() {
    return sources.get(View.IMAGE);
  }

  /** Returns the features of the mirror images instead, which must be in use. */
  Features ofMirrorImages() {
    Map<View, FeatureSource> mirrored = Map.of(View.IMAGE, sources.get(View.MIRROR_IMAGE));
    return new Features(images, mirrored, 0, 0, 0, List.of());
  }

  private Features with(Features view) {
    Map<View, FeatureSource> all = new LinkedHashMap<>(sources);
    all.putAll(view.sources);
    return new Features(
        images,
        all,
        bytes + view.bytes,
        computed + view.computed,
        computedOthers + view.computedOthers,
        Stream.of(opened, view.opened).flatMap(List::stream).toList());
  }

  /** Computes features that are not cached. */
  private record Caching(
      PreparedRun run, ImageSet images, FrozenPartChoice choice, RecordLayout layout) {
    void requireSpace(long missing) throws IOException {
      if (missing > 0) {
        FeatureCache.requireSpace(run.features(), missing * layout.bytes());
      }
    }

    Features features(View view, FeatureCache cache) throws IOException {
      RunEvents events = run.events();
      List<Integer> missing = cache.missing(images, run.wanted(view));
      int computed = 0;
      if (missing.isEmpty()) {
        events.cached(view);
      } else {
        events.computing(
            missing.size(), cache.cached(images), layout, view, run.features().toString());
        Stopwatch watch = new Stopwatch();
        Set<Integer> tried = new HashSet<>();
        requireSpace(missing.size());
        // If the first of several copies can't be read, the next one is tried; and unreadable
        // images change the split, by which other images may be wanted.
        while (tried.addAll(missing)) {
          computed += cache.fill(images, missing, filler(view, events));
          missing = cache.missing(images, run.wanted(view));
        }
        events.computed(computed, watch.lap(), cache.bytes(), view);
      }
      // Unreadable images are tried again in every run, and do not count as forward passes.
      return new Features(
          images,
          Map.of(view, cache.of(images, filler(view, Progress.Display.NONE), run.wanted(view))),
          cache.bytes(),
          view.equals(View.IMAGE) ? computed : 0,
          view.equals(View.IMAGE) ? 0 : computed,
          List.of(cache));
    }

    private FeatureCache.Filler filler(View view, Progress.Display display) {
      return (rows, sink) -> {
        try (FrozenPart opened = choice.open();
            Progress progress = display.progress("features", "images", rows.size())) {
          PixelSource pixels = pixelSource(run, images, view);
          new FeatureExtractor(opened, pixels, layout, images.quarantine()::check, progress)
              .fill(rows, sink);
        }
      };
    }
  }

  @Override
  public void close() throws IOException {
    for (FeatureCache each : opened) {
      each.close();
    }
  }

  /** Returns the last values of each image's features, in batches to evaluate. */
  FeatureBatches inOrder(int[] rows, int width) {
    FeatureSource last =
        (manager, some) -> {
          NDArray all = source().read(manager, some).singletonOrThrow();
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
        float[] batch = source().read(manager, some).singletonOrThrow().toFloatArray();
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
        sources.keySet().stream()
            .filter(view -> !view.equals(View.MIRROR_IMAGE) || recipe.training().mirror())
            .map(sources::get)
            .toList(),
        rows,
        images.labels(rows),
        recipe.training().batchSize().value(),
        recipe.training().minSteps(),
        recipe.seed());
  }

  /** Returns batches to evaluate or to measure. */
  FeatureBatches inOrder(int[] rows) {
    return FeatureBatches.inOrder(source(), rows, images.labels(rows), EVALUATION_BATCH);
  }
}
