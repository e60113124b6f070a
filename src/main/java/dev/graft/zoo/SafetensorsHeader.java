package dev.graft.zoo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.GraftException;
import dev.graft.util.Messages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Parses the JSON header of a safetensors file. */
final class SafetensorsHeader {
  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(JsonNode.class);

  /**
   * A tensor of the file.
   *
   * @param name in the file
   * @param type such as {@code F32}
   * @param shape row-major
   * @param begin offset of its first byte in the file
   * @param end offset after its last byte
   */
  record Tensor(String name, String type, List<Long> shape, long begin, long end) {}

  private SafetensorsHeader() {}

  /**
   * Returns the tensors by name, in the order of names, after checking that they cover each byte
   * after the header exactly once.
   *
   * @param file its name, for messages
   * @param header the JSON
   * @param dataStart offset after the header
   * @param size of the file, in bytes
   */
  static Map<String, Tensor> tensors(String file, String header, long dataStart, long size) {
    JsonNode json;
    try {
      json = JSON.readValue(header);
    } catch (JsonProcessingException e) {
      String reason = Messages.of(e.getOriginalMessage(), "empty");
      throw WeightReader.failure(file, "its header is not JSON (" + reason + ")", e);
    }
    if (json == null || !json.isObject()) {
      throw GraftException.of("%s: its header is not a JSON object.", file);
    }
    Map<String, Tensor> tensors = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue(), dataStart));
      }
    }
    checkPlaces(file, tensors, dataStart, size);
    return tensors;
  }

  private static Tensor tensor(String file, String name, JsonNode json, long dataStart) {
    JsonNode type = json.path("dtype");
    Optional<List<Long>> shape = naturals(json.path("shape"));
    List<Long> offsets = naturals(json.path("data_offsets")).orElse(List.of());
    if (!type.isTextual()
        || shape.isEmpty()
        || offsets.size() != 2
        || offsets.get(0) > offsets.get(1)
        || offsets.get(1) > Long.MAX_VALUE - dataStart) {
      throw GraftException.of(
          "%s: the header's entry for %s is invalid: dtype %s, shape %s, data_offsets %s.",
          file, name, type, json.path("shape"), json.path("data_offsets"));
    }
    long begin = dataStart + offsets.get(0);
    return new Tensor(name, type.textValue(), shape.get(), begin, dataStart + offsets.get(1));
  }

  /** Returns the elements of an array of non-negative integers; empty for any other JSON. */
  private static Optional<List<Long>> naturals(JsonNode json) {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode number : json) {
      if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
        return Optional.empty();
      }
      numbers.add(number.longValue());
    }
    return json.isArray() ? Optional.of(numbers) : Optional.empty();
  }

  private static void checkPlaces(
      String file, Map<String, Tensor> tensors, long dataStart, long size) {
    long end = dataStart;
    for (Tensor tensor :
        tensors.values().stream()
            .sorted(Comparator.comparingLong(Tensor::begin).thenComparingLong(Tensor::end))
            .toList()) {
      if (tensor.begin() != end) {
        throw GraftException.of(
            "%s: the tensor %s begins at byte %s, but the previous one ends at %s: the file is"
                + " damaged.",
            file, tensor.name(), tensor.begin(), end);
      }
      end = tensor.end();
    }
    if (end != size) {
      throw GraftException.of(
          "%s: its tensors end at byte %s, but the file has %s: it is %s; get it again.",
          file, end, size, end > size ? "truncated" : "damaged");
    }
  }
}
