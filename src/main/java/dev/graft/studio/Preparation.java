package dev.graft.studio;

import dev.graft.GraftException;
import dev.graft.data.ImageSet;
import dev.graft.data.Quarantine;
import dev.graft.data.Split;
import dev.graft.data.duplicates.Survey;
import dev.graft.output.OutputFolder;
import dev.graft.recipe.Recipe;
import dev.graft.studio.ImageStore.ImageClass;
import dev.graft.tuning.Features;
import dev.graft.tuning.PreparedRun;
import dev.graft.tuning.RunEvents;
import dev.graft.util.Messages;
import dev.graft.util.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Watches the folder, and computes features, duplicates and unreadable files whenever it has
 * changed, so that training finds all features in the cache.
 */
final class Preparation {
  /** Minimum number of images of a class: one each for training, validation and test. */
  static final int MIN_IMAGES = Split.MIN_PER_CLASS;

  private static final long LOOK_MILLIS = 1000;

  /**
   * Time for which the folder has to be unchanged before a pass, in nanoseconds, unless changes do
   * not end.
   */
  private static final long CALM = TimeUnit.MILLISECONDS.toNanos(1500);

  private static final long MAX_WAIT = TimeUnit.SECONDS.toNanos(10);

  /**
   * Pause after a pass, as a multiple of its duration: listing and hashing all files takes at most
   * a quarter of the time.
   */
  private static final int REST = 3;

  private final ImageStore store;
  private final OutputFolder output;
  private final Supplier<Recipe> recipe;
  private final ExecutorService work;
  private final Runnable changed;

  private List<List<ImageStore.Image>> seen = List.of();
  private long lastChange = System.nanoTime();
  private long firstChange = lastChange;
  private long restUntil = lastChange;
  private boolean pending = true;
  private final AtomicLong listing = new AtomicLong();
  private volatile State state = State.NONE;
  private volatile Findings findings = Findings.of(Map.of(), List.of());

  /**
   * The state of the computation.
   *
   * @param task what is computed; empty if nothing is
   * @param imagesPerSecond of this task
   * @param message why it failed; empty if it did not
   */
  record State(String task, long done, long total, double imagesPerSecond, String message) {
    static final State NONE = new State("", 0, 0, 0, "");
  }

  /**
   * Unreadable images and duplicates.
   *
   * @param unreadable the reason by path
   * @param alike groups of paths of identical or nearly identical images
   */
  record Findings(Map<String, String> unreadable, List<Group> alike, Map<String, Group> byPath) {
    static Findings of(Map<String, String> unreadable, List<Group> alike) {
      Map<String, Group> byPath = new HashMap<>();
      alike.forEach(group -> group.paths().forEach(path -> byPath.put(path, group)));
      return new Findings(unreadable, alike, byPath);
    }

    /** Returns the group that an image is in. */
    Optional<Group> groupOf(String path) {
      return Optional.ofNullable(byPath.get(path));
    }
  }

  /**
   * Identical or nearly identical images.
   *
   * @param conflict whether they are in different classes
   */
  record Group(List<String> paths, boolean conflict) {}

  /**
   * @param recipe of the next training
   * @param work runs one task at once: a preparation or a training
   * @param changed is called when the folder or the state has changed
   */
  Preparation(
      ImageStore store,
      OutputFolder output,
      Supplier<Recipe> recipe,
      ExecutorService work,
      Runnable changed) {
    this.store = store;
    this.output = output;
    this.recipe = recipe;
    this.work = work;
    this.changed = changed;
    Thread watch = new Thread(this::watch, "graft-studio-watch");
    watch.setDaemon(true);
    watch.start();
  }

  State state() {
    return state;
  }

  Findings findings() {
    return findings;
  }

  /** Returns a number that changes with the files, and with what was found in them. */
  long listing() {
    return listing.get();
  }

  private void watch() {
    while (!work.isShutdown()) {
      try {
        Thread.sleep(LOOK_MILLIS);
        look();
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException e) {
        state =
            new State("", 0, 0, 0, Messages.sentence(Messages.of(e, "The folder can't be read")));
        changed.run();
      }
    }
  }

  private void look() throws IOException {
    List<ImageClass> classes = store.classes();
    List<List<ImageStore.Image>> now = new ArrayList<>();
    for (ImageClass each : classes) {
      now.add(store.images(each.name()));
    }
    long time = System.nanoTime();
    if (!now.equals(seen)) {
      firstChange = pending ? firstChange : time;
      lastChange = time;
      pending = true;
      seen = now;
      listing.incrementAndGet();
      changed.run();
    }
    boolean settled = time - lastChange > CALM || time - firstChange > MAX_WAIT;
    if (pending && settled && time > restUntil && areEnough(classes)) {
      pending = false;
      work.execute(this::prepare);
    }
  }

  /** Returns whether there are enough images to train on. */
  static boolean areEnough(List<ImageClass> classes) {
    List<ImageClass> filled = classes.stream().filter(each -> each.images() > 0).toList();
    return filled.size() >= 2 && filled.stream().allMatch(each -> each.images() >= MIN_IMAGES);
  }

  private void prepare() {
    long start = System.nanoTime();
    String message = "";
    try (PreparedRun run = output.prepare(recipe.get(), new Events())) {
      output.mark();
      try (Features features = run.features(run.ranges())) {
        state = new State("duplicates", 0, features.images().size(), 0, "");
      }
      findings = findings(run.survey());
      listing.incrementAndGet();
    } catch (GraftException e) {
      message = e.getMessage();
    } catch (IOException | RuntimeException e) {
      message = Messages.sentence(Messages.of(e, "The cause is unknown"));
    } finally {
      restUntil = System.nanoTime() + REST * (System.nanoTime() - start);
      state = new State("", 0, 0, 0, message);
      changed.run();
    }
  }

  private Findings findings(Survey survey) {
    ImageSet images = survey.data().images();
    Map<String, String> unreadable = new LinkedHashMap<>();
    for (Quarantine.Entry each : images.quarantine().entries()) {
      unreadable.put(store.relative(Path.of(each.path())), each.reason());
    }
    List<Group> groups =
        survey.alike().stream()
            .map(
                group ->
                    new Group(
                        group.stream()
                            .map(i -> images.file(i).orElseThrow())
                            .map(store::relative)
                            .toList(),
                        group.stream().map(images::label).distinct().count() > 1))
            .toList();
    return Findings.of(unreadable, groups);
  }

  private final class Events implements RunEvents {
    @Override
    public Progress progress(String task, String unit, long total) {
      long start = System.nanoTime();
      return done -> {
        double seconds = (System.nanoTime() - start) / 1e9;
        state = new State(task, done, total, done / Math.max(0.001, seconds), "");
        changed.run();
      };
    }
  }
}
