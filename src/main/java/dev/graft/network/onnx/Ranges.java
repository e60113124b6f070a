package dev.graft.network.onnx;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The ranges of a network's values, by the name of the step; measured by {@link RangeCalibrator}
 * and stored as a JSON object.
 */
public record Ranges(@JsonValue Map<String, Range> byStep) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The range of the values of a step.
   *
   * @param min at most {@code max}
   * @param max finite
   * @param means one per channel
   * @param minima one per channel if matrices of an external network multiply the values, else none
   * @param maxima as the minima
   */
  public record Range(
      @JsonProperty("least") float min,
      @JsonProperty("greatest") float max,
      List<Float> means,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Float> minima,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Float> maxima) {
    Range(float min, float max, List<Float> means) {
      this(min, max, means, List.of(), List.of());
    }

    public Range {
      means = List.copyOf(means);
      minima = minima == null ? List.of() : List.copyOf(minima);
      maxima = maxima == null ? List.of() : List.copyOf(maxima);
      if (!(min <= max && Float.isFinite(max - min))) {
        throw new IllegalArgumentException(
            "a range must be finite, from its minimum to its maximum, and is "
                + min
                + " to "
                + max);
      }
      if (!means.stream().allMatch(Float::isFinite)) {
        throw new IllegalArgumentException("means must be finite, and are " + means);
      }
      if (minima.size() != maxima.size()
          || !(minima.isEmpty() || minima.size() == means.size())
          || Stream.concat(minima.stream(), maxima.stream())
              .anyMatch(each -> !Float.isFinite(each))) {
        throw new IllegalArgumentException("minima and maxima must be finite, one per mean");
      }
    }
  }

  @JsonCreator
  public Ranges {
    if (byStep == null || byStep.values().stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException("ranges must be a JSON object of one range per step");
    }
    byStep = Collections.unmodifiableMap(new TreeMap<>(byStep));
  }

  /**
   * Parses ranges.
   *
   * @throws JsonProcessingException if the text is not JSON of ranges
   */
  public static Ranges ofJson(String text) throws JsonProcessingException {
    return JSON.readValue(text, Ranges.class);
  }

  /** Returns the ranges as JSON; equal ranges give the same text. */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns the range of a step.
   *
   * @throws IllegalArgumentException if it was not measured
   */
  Range of(String step) {
    Range range = byStep.get(step);
    if (range == null) {
      throw new IllegalArgumentException("no range was measured for the step " + step);
    }
    return range;
  }
}
