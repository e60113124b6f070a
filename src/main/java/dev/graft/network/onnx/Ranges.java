package dev.graft.network.onnx;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What images make of a network's steps, by the step's name; measured by {@link RangeCalibrator},
 * and kept as a JSON object.
 */
public record Ranges(@JsonValue Map<String, Range> byStep) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Values of a step.
   *
   * @param means of each channel
   */
  public record Range(float least, float greatest, List<Float> means) {
    public Range {
      means = List.copyOf(means);
      if (!(least <= greatest && Float.isFinite(greatest - least))) {
        throw new IllegalArgumentException(
            "a range goes from its least value to its greatest, not from "
                + (least + " to " + greatest));
      }
      if (!means.stream().allMatch(Float::isFinite)) {
        throw new IllegalArgumentException("means are finite, not " + means);
      }
    }
  }

  @JsonCreator
  public Ranges {
    if (byStep == null || byStep.values().stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException("ranges that are none");
    }
    byStep = Collections.unmodifiableMap(new TreeMap<>(byStep));
  }

  /** Ranges from JSON. */
  public static Ranges ofJson(String text) throws JsonProcessingException {
    return JSON.readValue(text, Ranges.class);
  }

  /** As JSON, the same text for the same ranges. */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * A step's range.
   *
   * @throws IllegalArgumentException if it was not measured
   */
  Range of(String step) {
    Range range = byStep.get(step);
    if (range == null) {
      throw new IllegalArgumentException("there is no range of " + step);
    }
    return range;
  }
}
