package dev.graft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.network.djl.ParameterWriter;
import dev.graft.recipe.Recipe;
import dev.graft.recipe.RecipeReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Compares with PyTorch's AdamW, step by step; {@code adamw.json} has the script that wrote it. Its
 * epsilon is so small that it does not matter where it is added, which differs from PyTorch: see
 * {@link NetworkTrainerTest}.
 */
@Tag("engine")
class SavableAdamTest {
  private final List<Parameter> parameters = new ArrayList<>();
  private JsonNode reference;
  private NDManager manager;

  @BeforeEach
  void open() throws IOException {
    reference = new ObjectMapper().readTree(getClass().getResourceAsStream("adamw.json"));
    manager = NDManager.newBaseManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static float[] floats(JsonNode values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }

  private static Shape shape(JsonNode parameter) {
    return new Shape(
        StreamSupport.stream(parameter.path("shape").spliterator(), false)
            .mapToLong(JsonNode::asLong)
            .toArray());
  }

  private SavableAdam optimizer() {
    Recipe recipe =
        RecipeReader.read(
            null,
            Map.of(
                "optimizer", "adamw",
                "weight-decay", reference.path("weight_decay").asText(),
                "epsilon", reference.path("epsilon").asText()));
    return new SavableAdam(
        recipe,
        (id, step) -> reference.path("learning_rate").get(step - 1).floatValue(),
        parameters,
        manager);
  }

  private void initialize() {
    parameters.clear();
    for (JsonNode each : reference.path("parameters")) {
      Parameter parameter =
          Parameter.builder().setName("weight").setType(Parameter.Type.OTHER).build();
      parameter.setArray(manager.create(floats(each.path("start")), shape(each)));
      parameters.add(parameter);
    }
  }

  private void step(SavableAdam optimizer, int step) {
    for (int i = 0; i < parameters.size(); i++) {
      NDArray weight = parameters.get(i).getArray();
      float[] gradient = floats(reference.path("parameters").get(i).path("gradients").get(step));
      optimizer.update(
          parameters.get(i).getId(), weight, manager.create(gradient, weight.getShape()));
    }
  }

  private float[] weights(int parameter) {
    return parameters.get(parameter).getArray().toFloatArray();
  }

  private void compare(int step) {
    for (int i = 0; i < parameters.size(); i++) {
      float[] expected = floats(reference.path("parameters").get(i).path("weights").get(step));
      assertThat(weights(i))
          .as("parameter %d, step %d", i, step)
          .containsExactly(expected, within(1e-6f));
    }
  }

  @Test
  void everyStepIsThatOfPyTorch() {
    initialize();
    try (SavableAdam optimizer = optimizer()) {
      for (int step = 0; step < 5; step++) {
        step(optimizer, step);
        compare(step);
      }
    }
  }

  @Test
  void restoredMomentsContinueToTheSameBits() {
    initialize();
    List<float[]> undisturbed = new ArrayList<>();
    NDList moments = new NDList();
    List<NDArray> weights;
    try (SavableAdam optimizer = optimizer()) {
      step(optimizer, 0);
      step(optimizer, 1);
      optimizer.moments().forEach(each -> moments.add(copy(each)));
      weights = parameters.stream().map(each -> copy(each.getArray())).toList();
      step(optimizer, 2);
      step(optimizer, 3);
      for (int i = 0; i < parameters.size(); i++) {
        undisturbed.add(weights(i));
      }
    }
    initialize();
    for (int i = 0; i < parameters.size(); i++) {
      ParameterWriter.set(parameters.get(i), weights.get(i));
    }
    try (SavableAdam optimizer = optimizer()) {
      optimizer.restore(moments, 2);
      step(optimizer, 2);
      step(optimizer, 3);
    }
    for (int i = 0; i < parameters.size(); i++) {
      assertThat(weights(i)).containsExactly(undisturbed.get(i));
    }
  }

  private NDArray copy(NDArray array) {
    return manager.create(array.toFloatArray(), array.getShape());
  }
}
