package dev.graft.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.evaluation.Averages;
import dev.graft.evaluation.Calibration.Bin;
import dev.graft.evaluation.ClassFigures;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.evaluation.Interval;
import java.util.List;

/**
 * {@code run.json}: what a run was, where its figures come from, and the figures. What is not known
 * yet, or never will be, is {@code null} here and left out there.
 *
 * @param message why the run failed
 * @param outcome {@link Outcome#NONE} unless the run is completed
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"status", "message", "warnings", "provenance", "data", "outcome"})
public record RunRecord(
    Status status,
    String message,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> warnings,
    @JsonUnwrapped Provenance provenance,
    Data data,
    @JsonUnwrapped Outcome outcome) {
  static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  public RunRecord {
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
  }

  /** A run that begins. */
  static RunRecord running(Provenance provenance, Data data) {
    return new RunRecord(Status.RUNNING, null, List.of(), provenance, data, Outcome.NONE);
  }

  /**
   * What a run was made with and from, beside the pictures.
   *
   * @param root what computed the frozen part; {@code null} where nothing is frozen
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Provenance(
      String backbone,
      Weights weights,
      long seed,
      Engine engine,
      Root root,
      String gitCommit,
      Parameters parameters) {}

  /**
   * What came of it.
   *
   * @param calibration {@code null} where the recipe wants none
   * @param crossValidation {@code null} where the recipe wants none
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Outcome(
      Epochs epochs,
      Figures validation,
      TestFigures test,
      Calibration calibration,
      CrossValidation crossValidation,
      Seconds seconds,
      Memory memory,
      Cache cache) {
    static final Outcome NONE = new Outcome(null, null, null, null, null, null, null, null);
  }

  /** How far a run came. */
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
   * The pictures; the hash is over all of them.
   *
   * @param train how many are in each part; not known before all were read
   * @param classes how many there are
   * @param quarantined how many can't be read and are in no part
   * @param duplicates not known before all were read
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
    /** The pictures before they are read. */
    public Data(String name, int classes, String sha256) {
      this(name, null, null, null, classes, sha256, 0, null);
    }

    /** The same, now that all were read. */
    public Data surveyed(int unreadable, Duplicates found) {
      return new Data(name, train, validation, test, classes, sha256, unreadable, found);
    }

    /** The same, now that they are split. */
    public Data split(int forTraining, int forValidation, int forTest) {
      return new Data(
          name, forTraining, forValidation, forTest, classes, sha256, quarantined, duplicates);
    }
  }

  /**
   * What is there more than once, in numbers of groups.
   *
   * @param identical groups of the same content
   * @param near groups that look the same
   * @param conflicts groups of the same content with different labels
   * @param leaks groups across given parts
   */
  public record Duplicates(int identical, int near, int conflicts, int leaks) {}

  /**
   * The engine that trained.
   *
   * @param threads per operation on the CPU; {@code null} for the engine's default
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Engine(
      String name,
      String version,
      String djl,
      String device,
      Integer threads,
      String java,
      String os) {}

  /**
   * What computed the frozen part, on which version, and in what numbers.
   *
   * @param precision {@code float32} or {@code int8}
   */
  public record Root(String engine, String version, String precision) {}

  /** Numbers of weights. */
  public record Parameters(long total, long trained) {}

  /** Epochs from 1; the best is the one of the lowest validation loss. */
  public record Epochs(int run, int best, boolean stoppedEarly) {}

  /** Of the kept weights; the loss is plain cross-entropy, without label smoothing. */
  public record Figures(double loss, double accuracy) {
    static Figures of(Evaluation evaluation) {
      return new Figures(evaluation.loss(), evaluation.accuracy());
    }
  }

  /**
   * Likewise, on the test pictures.
   *
   * @param interval of the accuracy
   * @param macro means over the classes, which count the same
   * @param weighted means over the classes, which count by their pictures
   */
  public record TestFigures(
      double loss,
      double accuracy,
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
      return new TestFigures(
          evaluation.loss(),
          evaluation.accuracy(),
          evaluation.top3Accuracy(),
          evaluation.ece(),
          evaluation.interval(),
          evaluation.macro(),
          evaluation.weighted(),
          evaluation.perClass());
    }
  }

  /**
   * Temperature scaling, and what it does to the expected calibration error of the test pictures.
   *
   * @param temperature what logits are divided by; 1 where too few pictures were there to fit it to
   * @param pictures of the validation part that it was fitted to
   * @param bins of the test pictures as they were before
   */
  public record Calibration(
      double temperature, int pictures, double before, double after, List<Bin> bins) {
    public Calibration {
      bins = List.copyOf(bins);
    }
  }

  /**
   * What came of several trainings, each judged by pictures that it did not see.
   *
   * @param folds how many
   */
  public record CrossValidation(int folds, Spread accuracy, Spread macroF1) {}

  /**
   * Several figures in two.
   *
   * @param deviation the sample's standard deviation
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

  /** The most resident bytes by the end of each stage; {@code null} where the system won't say. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Memory(Long features, Long training, Long evaluation, Long total) {}

  /** Whether the features were there already, and the size of their file. */
  public record Cache(boolean hit, long bytes) {}

  /** Returns the same run with another status. */
  RunRecord with(Status other, String why) {
    return new RunRecord(other, why, warnings, provenance, data, outcome);
  }

  /** Returns the same run, with more known about its images. */
  RunRecord with(Data known) {
    return new RunRecord(status, message, warnings, provenance, known, outcome);
  }

  /** Returns the same run with these warnings. */
  RunRecord with(List<String> all) {
    return new RunRecord(status, message, all, provenance, data, outcome);
  }

  /** Returns the run, completed. */
  RunRecord completed(Outcome what) {
    return ended(Status.COMPLETED, what);
  }

  /** Returns the run, ended with figures: completed, or interrupted. */
  RunRecord ended(Status how, Outcome what) {
    return new RunRecord(how, null, warnings, provenance, data, what);
  }
}
