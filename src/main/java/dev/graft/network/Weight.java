package dev.graft.network;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor that a layer needs from a weight file.
 *
 * @param layer the layer's name in the network, such as {@code block1_conv1} or {@code
 *     blocks.3.expand}
 * @param role of the tensor in its layer, which defines its layout
 * @param shape in PyTorch's layout, see {@link Role}
 */
public record Weight(String layer, Role role, List<Long> shape) {
  /** The role of a tensor in its layer. */
  public enum Role {
    /** {@code (out, in / groups, height, width)}; in Keras {@code (height, width, in, out)}. */
    KERNEL("weight"),
    /** {@code (channels, 1, height, width)}; in Keras {@code (height, width, channels, 1)}. */
    DEPTHWISE_KERNEL("weight"),
    /** {@code (out, in)}; in Keras {@code (in, out)}. */
    DENSE_KERNEL("weight"),
    /** {@code (out)}. */
    BIAS("bias"),
    /** The factor of a batch normalization, {@code (channels)}. */
    GAMMA("gamma"),
    /** The summand of a batch normalization, {@code (channels)}. */
    BETA("beta"),
    /** A measured mean, {@code (values)}. */
    MEAN("mean"),
    /** A measured variance, {@code (channels)}. */
    VARIANCE("variance"),
    /** A measured standard deviation, {@code (values)}. */
    DEVIATION("deviation");

    private final String suffix;

    Role(String suffix) {
      this.suffix = suffix;
    }

    /** Returns the tensor's name within its layer. */
    public String suffix() {
      return suffix;
    }

    /** Returns whether the tensor is measured on data and not trained by gradients. */
    public boolean isMeasured() {
      return this == MEAN || this == VARIANCE || this == DEVIATION;
    }
  }

  public Weight {
    shape = List.copyOf(shape);
  }

  public static Weight of(String layer, Role role, long... shape) {
    return new Weight(layer, role, Arrays.stream(shape).boxed().toList());
  }

  /** Returns the tensor's name in a safetensors file, such as {@code block1_conv1.weight}. */
  public String name() {
    return layer + "." + role.suffix;
  }

  /** Returns the number of values. */
  public int size() {
    return Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
  }
}
