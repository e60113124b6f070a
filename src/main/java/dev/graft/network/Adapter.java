package dev.graft.network;

import dev.graft.GraftException;
import java.util.ArrayList;
import java.util.List;

/**
 * The adapter of an external network: the layout of its input, and the outputs that become
 * features.
 *
 * @param input layout and type of its input
 * @param imageByImage whether every pass has one image, because the file allows no more or because
 *     its values depend on the other images of a batch
 * @param outputs those whose pooled values are concatenated; at least one
 */
public record Adapter(Input input, boolean imageByImage, List<Output> outputs) {
  /** Type of an input's values. */
  public enum Type {
    /** 32-bit floating-point numbers. */
    FLOAT32,
    /** 16-bit floating-point numbers. */
    FLOAT16,
    /** Bytes, for networks that normalize pixels themselves. */
    UINT8
  }

  /**
   * An input.
   *
   * @param channelsLast whether it is {@code (N, H, W, 3)} rather than {@code (N, 3, H, W)}
   */
  public record Input(boolean channelsLast, Type type) {
    /** The input of most networks. */
    public static final Input PLAIN = new Input(false, Type.FLOAT32);
  }

  /** How an output becomes a vector of features. */
  public enum Pooling {
    /** {@code (N, C)}, unchanged. */
    NONE,
    /** {@code (N, C, H, W)}, averaged over the pixels. */
    MAP,
    /** {@code (N, H, W, C)}, averaged over the pixels. */
    MAP_CHANNELS_LAST,
    /** {@code (N, T, C)}: the first token. */
    CLS,
    /** {@code (N, T, C)}: the mean of the tokens after the prefix. */
    MEAN,
    /** {@code (N, T, C)}: the first token, then the mean of the tokens after the prefix. */
    CLS_MEAN
  }

  /**
   * An output.
   *
   * @param index position among the outputs of the file, from 0
   * @param shape without the batch
   * @param prefix number of tokens before those of the patches: CLS and registers; 0 without tokens
   */
  public record Output(int index, List<Long> shape, Pooling pooling, int prefix) {
    public Output {
      shape = List.copyOf(shape);
      int axes =
          switch (pooling) {
            case NONE -> 1;
            case MAP, MAP_CHANNELS_LAST -> 3;
            case CLS, MEAN, CLS_MEAN -> 2;
          };
      if (shape.size() != axes
          || shape.stream().anyMatch(length -> length < 1)
          || prefix < 0
          || (axes == 2 && prefix >= shape.get(0))) {
        throw new GraftException(
            "its outputs must be (N, C), (N, C, H, W) or (N, T, C), but without N one is "
                + shape
                + ".");
      }
    }

    /** Returns the number of features. */
    public long width() {
      return switch (pooling) {
        case NONE, MAP -> shape.get(0);
        case MAP_CHANNELS_LAST -> shape.get(2);
        case CLS, MEAN -> shape.get(1);
        case CLS_MEAN -> 2 * shape.get(1);
      };
    }
  }

  public Adapter {
    outputs = List.copyOf(outputs);
    if (outputs.isEmpty()) {
      throw new GraftException("it has no output that can serve as features.");
    }
  }

  /** Returns the adapter of a network whose outputs are all {@code (C)} or {@code (C, H, W)}. */
  public static Adapter of(List<List<Long>> shapes) {
    List<Output> outputs = new ArrayList<>();
    for (List<Long> shape : shapes) {
      Pooling pooling = shape.size() == 1 ? Pooling.NONE : Pooling.MAP;
      outputs.add(new Output(outputs.size(), shape, pooling, 0));
    }
    return new Adapter(Input.PLAIN, false, outputs);
  }

  /** Returns the number of features. */
  public long width() {
    return outputs.stream().mapToLong(Output::width).sum();
  }
}
