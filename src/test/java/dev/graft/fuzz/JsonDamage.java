package dev.graft.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Valid JSON in which one value is wrong. */
final class JsonDamage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> ODD =
      List.of(
          "true", "1", "-1", "1e300", "9223372036854775807", "\"\"", "\"x\"", "[]", "{}", "[[]]");

  /** A place in a document: a field of an object, or an element of an array. */
  private interface Place {
    /** Replaces the value; null removes it, where that is possible. */
    void put(JsonNode value);
  }

  private JsonDamage() {}

  /**
   * Returns JSON in which one value, on any level, is null (in half of all cases), missing or
   * wrong.
   */
  static String of(String json, Random random) throws IOException {
    JsonNode document = JSON.readTree(json);
    List<Place> places = new ArrayList<>();
    collect(document, places);
    Place place = places.get(random.nextInt(places.size()));
    switch (random.nextInt(4)) {
      case 0, 1 -> place.put(NullNode.instance);
      case 2 -> place.put(null);
      default -> place.put(JSON.readTree(ODD.get(random.nextInt(ODD.size()))));
    }
    return JSON.writeValueAsString(document);
  }

  private static void collect(JsonNode container, List<Place> places) {
    if (container instanceof ObjectNode object) {
      object
          .fieldNames()
          .forEachRemaining(
              name ->
                  places.add(
                      value -> {
                        object.remove(name);
                        object.setAll(value == null ? Map.of() : Map.of(name, value));
                      }));
    } else if (container instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        int at = i;
        places.add(value -> array.set(at, value));
      }
    }
    container.forEach(
        child -> {
          if (child instanceof ContainerNode<?>) {
            collect(child, places);
          }
        });
  }
}
