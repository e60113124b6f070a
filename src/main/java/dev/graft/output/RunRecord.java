package dev.graft.output;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.evaluation.Averages;
import dev.graft.evaluation.Calibration.Bin;
import dev.graft.evaluation.ClassFigures;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Interval;
import dev.graft.recipe.Recipe;
import dev.graft.tuning.CrossValidation;
import dev.graft.tuning.SolverChoice;
import java.util.List;
import java.util.Optional;

/**
 * The content of {@code run.json}: a run's status, provenance and figures. Values that are not
 * known are {@code null} here and left out there.
 *
 * @param message why the run failed
 * @param warnings what is missing from the run's folder, and why
 * @param resumed where the training was resumed, in the order of time
 * @param outcome {@link Outcome#NONE} unless the run ended with a model
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"status", "message", "warnings", "resumed", "provenance", "data", "outcome"})
public record RunRecord(
    Status status,
    String message,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> warnings,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Resumed> resumed,
    @JsonUnwrapped Provenance provenance,
    Data data,
    @JsonUnwrapped Outcome outcome) {
  static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public RunRecord {
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
    resumed = resumed == null ? List.of() : List.copyOf(resumed);
  }

  /** Returns whether it has all that a resumed run is compared by. */
  public boolean hasIdentity() {
    return data.sha256() != null
        && provenance != null
        && provenance.weights() != null
        && provenance.engine() != null
        && provenance.gitCommit() != null;
  }

  /** Returns the content of {@code run.json}. */
  public JsonNode tree() {
    return JSON.valueToTree(this);
  }

  /** Returns the record of a run that begins. */
  public static RunRecord running(Provenance provenance, Data data) {
    return new RunRecord(
        Status.RUNNING, null, List.of(), List.of(), provenance, data, Outcome.NONE);
  }

  /**
   * A position at which a training was resumed.
   *
   * @param epochs number of finished epochs
   * @param batches number of finished batches of the next epoch
   */
  public record Resumed(int epochs, int batches) {}

  /**
   * The code, weights and engine of a run.
   *
   * @param root the engine that computed the frozen part; {@code null} if nothing is frozen
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Provenance(
      String backbone,
      Weights weights,
      long seed,
      Engine engine,
      FeatureEngine root,
      String gitCommit,
      Parameters parameters) {}

  /**
   * The figures of a run.
   *
   * @param epochs {@code null} for a head that was not trained by gradients
   * @param calibration {@code null} if the recipe has none
   * @param crossValidation {@code null} if the recipe has none, or if it was interrupted
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Outcome(
      Epochs epochs,
      Figures validation,
      TestFigures test,
      Calibration calibration,
      CrossValidationFigures crossValidation,
      Seconds seconds,
      Memory memory,
      Cache cache,
      Head head) {
    static final Outcome NONE = new Outcome(null, null, null, null, null, null, null, null, null);
  }

  /**
   * The solver that found the head's weights, and its choices.
   *
   * @param reason why this solver was chosen
   * @param strength of the penalty; {@code null} for a head trained by gradients
   * @param features the features and their scaling; {@code null} for a head trained by gradients
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Head(
      Recipe.Solver solver, SolverChoice.Reason reason, Double strength, String features) {}

  /** The state of a run. */
  public enum Status {
    @JsonProperty("running")
    RUNNING,
    @JsonProperty("completed")
    COMPLETED,
    @JsonProperty("interrupted")
    INTERRUPTED,
    @JsonProperty("failed")
    FAILED
  }

  /** Where the backbone's weights came from. */
  public record Weights(String source, String sha256, boolean pretrained) {}

  /**
   * The images; the hash is over all of them.
   *
   * @param train number of images in this part; {@code null} before all have been read
   * @param classes number of classes
   * @param quarantined number of images that can't be read, and are in no part
   * @param duplicates {@code null} before all images have been read
   */
  public record Data(
      String name,
      Integer train,
      Integer validation,
      Integer test,
      int classes,
      String sha256,
      int quarantined,
      Duplicates duplicates) {
    /** The images before they are read. */
    public Data(String name, int classes, String sha256) {
      this(name, null, null, null, classes, sha256, 0, null);
    }

    /** Returns the same data, after all images have been read. */
    public Data surveyed(int unreadable, Duplicates found) {
      return new Data(name, train, validation, test, classes, sha256, unreadable, found);
    }

    /** Returns the same data, after the split. */
    public Data split(int forTraining, int forValidation, int forTest) {
      return new Data(
          name, forTraining, forValidation, forTest, classes, sha256, quarantined, duplicates);
    }
  }

  /**
   * Numbers of groups of duplicates.
   *
   * @param identical groups of identical images
   * @param near groups of near-duplicates
   * @param conflicts groups of identical images with different labels
   * @param leaks groups across given parts
   */
  public record Duplicates(int identical, int near, int conflicts, int leaks) {}

  /**
   * The engine that trained.
   *
   * @param threads per operation on the CPU; {@code null} for the engine's default
   * @param trainingPrecision of the matrix products: {@code float32} or {@code bfloat16}; {@code
   *     null} for a convex head, which is solved in double precision
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Engine(
      String name,
      String version,
      String djl,
      String device,
      Integer threads,
      String trainingPrecision,
      String java,
      String os) {}

  /**
   * The engine that computed the frozen part.
   *
   * @param precision {@code float32} or {@code int8}
   */
  public record FeatureEngine(String engine, String version, String precision) {}

  /** Numbers of weights. */
  public record Parameters(long total, long trained) {}

  /**
   * Epochs, from 1.
   *
   * @param run number of epochs
   * @param best the best by the validation loss, see {@link History#bestEpoch}
   * @param kept the epoch whose weights the model has: the best, or the last if the best was not
   *     restored; {@code null} in records of earlier versions
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Epochs(int run, int best, Integer kept, boolean stoppedEarly) {}

  /** Figures of the final weights; the loss is cross-entropy without label smoothing. */
  public record Figures(double loss, double accuracy) {
    public static Figures of(Evaluation evaluation) {
      return new Figures(evaluation.loss(), evaluation.accuracy());
    }
  }

  /**
   * Figures on the test images.
   *
   * @param singleAccuracy accuracy of the images alone, where predictions are means of those of an
   *     image and its mirror image; else {@code null}
   * @param interval 95 % interval of the accuracy
   * @param macro unweighted means over the classes
   * @param weighted means over the classes, weighted by their images
   */
  public record TestFigures(
      double loss,
      double accuracy,
      @JsonInclude(JsonInclude.Include.NON_NULL) Double singleAccuracy,
      double top3Accuracy,
      double ece,
      Interval interval,
      Averages macro,
      Averages weighted,
      List<ClassFigures> classes) {
    public TestFigures {
      classes = List.copyOf(classes);
    }

    public static TestFigures of(Evaluation evaluation) {
      return of(evaluation, Optional.empty());
    }

    /**
     * Returns the figures of an evaluation.
     *
     * @param single of the images alone; empty if that is the evaluation
     */
    public static TestFigures of(Evaluation evaluation, Optional<Evaluation> single) {
      return new TestFigures(
          evaluation.loss(),
          evaluation.accuracy(),
          single.map(Evaluation::accuracy).orElse(null),
          evaluation.top3Accuracy(),
          evaluation.ece(),
          evaluation.interval(),
          evaluation.macro(),
          evaluation.weighted(),
          evaluation.perClass());
    }
  }

  /**
   * Temperature scaling, and the expected calibration error of the test images before and after.
   *
   * @param temperature that logits are divided by; 1 if it could not be fitted
   * @param images number of images that it was fitted to: validation images or, for a convex head,
   *     training images; 0 if it could not be fitted
   * @param bins of the test images before scaling
   */
  public record Calibration(
      double temperature,
      @JsonProperty("pictures") int images,
      double before,
      double after,
      List<Bin> bins) {
    public Calibration {
      bins = List.copyOf(bins);
    }
  }

  /**
   * The result of several trainings, each evaluated on images that it did not see.
   *
   * @param folds number of trainings
   * @param repeats how often all images were distributed over folds
   * @param fewTestImages whether it was done because the test images are few, so that its accuracy
   *     is that of the run
   * @param images number of images
   * @param accuracy mean and spread over the folds
   * @param interval 95 % interval of the accuracy
   */
  public record CrossValidationFigures(
      int folds,
      int repeats,
      boolean fewTestImages,
      int images,
      Spread accuracy,
      Interval interval,
      Spread macroF1) {
    public static CrossValidationFigures of(CrossValidation all, boolean fewTestImages) {
      List<Evaluation> folds = all.evaluations();
      return new CrossValidationFigures(
          folds.size(),
          all.repeats(),
          fewTestImages,
          all.images(),
          Spread.of(folds.stream().map(Evaluation::accuracy).toList()),
          all.interval(),
          Spread.of(folds.stream().map(each -> each.macro().f1()).toList()));
    }
  }

  /**
   * Mean and spread of several figures.
   *
   * @param deviation sample standard deviation
   */
  public record Spread(double mean, double deviation) {
    public static Spread of(List<Double> figures) {
      double mean = figures.stream().mapToDouble(each -> each).average().orElseThrow();
      double squares = figures.stream().mapToDouble(each -> (each - mean) * (each - mean)).sum();
      return new Spread(mean, Math.sqrt(squares / Math.max(1, figures.size() - 1)));
    }
  }

  /** Wall time. */
  public record Seconds(double features, double training, double evaluation, double total) {}

  /** Peak resident bytes at the end of each stage; {@code null} if not reported. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Memory(Long features, Long training, Long evaluation, Long total) {}

  /** Whether all features were cached before, and the size of the file in bytes. */
  public record Cache(boolean hit, long bytes) {}

  /** Returns the same run with another status. */
  public RunRecord with(Status other, String why) {
    return new RunRecord(other, why, warnings, resumed, provenance, data, outcome);
  }

  /** Returns the same run with other numbers of weights. */
  public RunRecord with(Parameters parameters) {
    Provenance was = provenance;
    Provenance now =
        new Provenance(
            was.backbone(),
            was.weights(),
            was.seed(),
            was.engine(),
            was.root(),
            was.gitCommit(),
            parameters);
    return new RunRecord(status, message, warnings, resumed, now, data, outcome);
  }

  /** Returns the same run with other data. */
  public RunRecord with(Data known) {
    return new RunRecord(status, message, warnings, resumed, provenance, known, outcome);
  }

  /** Returns the same run with these warnings. */
  public RunRecord with(List<String> all) {
    return new RunRecord(status, message, all, resumed, provenance, data, outcome);
  }

  /** Returns the same run, resumed at these positions. */
  public RunRecord resumedAt(List<Resumed> positions) {
    return new RunRecord(status, message, warnings, positions, provenance, data, outcome);
  }

  /** Returns the run, ended with figures: completed, or interrupted. */
  public RunRecord ended(Status how, Outcome what) {
    return new RunRecord(how, null, warnings, resumed, provenance, data, what);
  }
}
