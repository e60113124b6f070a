package dev.graft.network.onnx;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

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
   */
  public record Range(
      @JsonProperty("least") float min, @JsonProperty("greatest") float max, List<Float> means) {
    public Range {
      means = List.copyOf(means);
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
