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
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Features of a set of images, in batches.
 *
 * @param source the features of the images
 * @param mirrored the features of the mirror images; empty if they are not used
 * @param bytes size of the caches' files; 0 for pixels
 * @param computed number of images that were not cached before
 * @param computedMirrors number of mirror images that were not cached before
 * @param opened the caches in use; none for pixels
 */
public record Features(
    ImageSet images,
    FeatureSource source,
    Optional<FeatureSource> mirrored,
    long bytes,
    int computed,
    int computedMirrors,
    List<FeatureCache> opened)
    implements AutoCloseable {
  /** Rows per evaluation step. */
  public static final int EVALUATION_BATCH = 256;

  /** Returns whether all features were cached before. */
  public boolean isHit() {
    return !opened.isEmpty() && computed + computedMirrors == 0;
  }

  /** Returns pixels, so that every epoch passes through the whole network. */
  static Features pixels(DjlNetwork network, ImageSet images, boolean mirror, RunEvents events) {
    events.notCached();
    return new Features(
        images,
        pixelSource(network, images, false),
        mirror ? Optional.of(pixelSource(network, images, true)) : Optional.empty(),
        0,
        0,
        0,
        List.of());
  }

  private static PixelSource pixelSource(DjlNetwork network, ImageSet images, boolean mirrored) {
    NetworkDesign design = network.design();
    return new PixelSource(images, design.preprocessing(), design.inputSize(), mirrored);
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
   * @param mirrored whether the mirror image of an image is needed, if the recipe uses any
   * @param folder of all caches
   */
  static Features cached(
      DjlNetwork network,
      String weights,
      ImageSet images,
      Recipe recipe,
      Optional<Ranges> ranges,
      IntPredicate mirrored,
      Path folder,
      Device device,
      RunEvents events)
      throws IOException {
    NetworkDesign design = network.design();
    RecordLayout layout =
        RecordLayout.of(design, recipe.execution().cacheType() == Recipe.CacheType.FLOAT16);
    FrozenPartChoice choice =
        FrozenPartChoice.of(
            recipe, network, pixelSource(network, images, false), layout, device, ranges);
    FeatureKey key = FeatureKey.of(design, layout, weights, choice.engine());
    Features plain =
        view(
            images,
            row -> true,
            key,
            layout,
            filling(choice, network, layout, false),
            folder,
            events);
    if (!recipe.training().usesMirrorImages()) {
      return plain;
    }
    try {
      return plain.with(
          view(
              images,
              mirrored,
              key.mirrored(),
              layout,
              filling(choice, network, layout, true),
              folder,
              events));
    } catch (IOException | RuntimeException | Error e) {
      plain.close();
      throw e;
    }
  }

  /** Returns the features of the mirror images instead, which must be in use. */
  Features ofMirrorImages() {
    return new Features(images, mirrored.orElseThrow(), Optional.empty(), 0, 0, 0, List.of());
  }

  private Features with(Features mirrorImages) {
    return new Features(
        images,
        source,
        Optional.of(mirrorImages.source),
        bytes + mirrorImages.bytes,
        computed,
        mirrorImages.computed,
        Stream.of(opened, mirrorImages.opened).flatMap(List::stream).toList());
  }

  /** Computes the features of images. */
  private interface Filling {
    FeatureCache.Filler of(ImageSet images, Progress.Display display);
  }

  private static Features view(
      ImageSet images,
      IntPredicate wanted,
      FeatureKey key,
      RecordLayout layout,
      Filling filling,
      Path folder,
      RunEvents events)
      throws IOException {
    FeatureCache cache = new FeatureCache(folder, key, layout);
    try {
      List<Integer> missing = cache.missing(images, wanted);
      int computed = 0;
      if (missing.isEmpty()) {
        events.cached(key.isMirrored());
      } else {
        events.computing(
            missing.size(), cache.cached(images), layout, key.isMirrored(), folder.toString());
        Stopwatch watch = new Stopwatch();
        Set<Integer> tried = new HashSet<>();
        FeatureCache.Filler filler = filling.of(images, events);
        // If the first of several copies can't be read, the next one is tried.
        while (tried.addAll(missing)) {
          computed += cache.fill(images, missing, filler);
          missing = cache.missing(images, wanted);
        }
        events.computed(computed, watch.lap(), cache.bytes(), key.isMirrored());
      }
      // Unreadable images are tried again in every run, and do not count as forward passes.
      return new Features(
          images,
          cache.of(images, filling.of(images, Progress.Display.NONE), wanted),
          Optional.empty(),
          cache.bytes(),
          computed,
          0,
          List.of(cache));
    } catch (IOException | RuntimeException | Error e) {
      cache.close();
      throw e;
    }
  }

  private static Filling filling(
      FrozenPartChoice choice, DjlNetwork network, RecordLayout layout, boolean mirrored) {
    return (images, display) ->
        (rows, sink) -> {
          try (FrozenPart opened = choice.open();
              Progress progress = display.progress("features", "images", rows.size())) {
            PixelSource pixels = pixelSource(network, images, mirrored);
            new FeatureExtractor(opened, pixels, layout, images.quarantine()::check, progress)
                .fill(rows, sink);
          }
        };
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
        recipe.training().mirror()
            ? Stream.concat(Stream.of(source), mirrored.stream()).toList()
            : List.of(source),
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
