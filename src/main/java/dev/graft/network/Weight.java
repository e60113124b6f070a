package dev.graft.network;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor that a layer wants from a weight file.
 *
 * @param layer the layer's name in the network, such as {@code block1_conv1} or {@code
 *     blocks.3.expand}
 * @param role what the tensor is to the layer, which fixes its layout
 * @param shape its shape in Graft's (and PyTorch's) layout, see {@link Role}
 */
public record Weight(String layer, Role role, List<Long> shape) {
  /** What a tensor is to its layer. */
  public enum Role {
    /** {@code (out, in / groups, height, width)}; Keras keeps {@code (height, width, in, out)}. */
    KERNEL("weight"),
    /**
     * {@code (channels, 1, height, width)}, a kernel a channel; Keras keeps {@code (height, width,
     * channels, 1)}.
     */
    DEPTHWISE_KERNEL("weight"),
    /** {@code (out, in)}; Keras keeps {@code (in, out)}. */
    DENSE_KERNEL("weight"),
    /** {@code (out)}. */
    BIAS("bias"),
    /** What batch normalisation multiplies by, {@code (channels)}. */
    GAMMA("gamma"),
    /** What batch normalisation adds, {@code (channels)}. */
    BETA("beta"),
    /** Measured, {@code (values)}. */
    MEAN("mean"),
    /** Measured, {@code (channels)}. */
    VARIANCE("variance"),
    /** Measured, {@code (values)}. */
    DEVIATION("deviation");

    private final String suffix;

    Role(String suffix) {
      this.suffix = suffix;
    }

    /** The tensor's name within its layer. */
    public String suffix() {
      return suffix;
    }

    /** Whether the tensor comes from looking at data, and not from gradients. */
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

  /** The tensor's name in a safetensors file, such as {@code block1_conv1.weight}. */
  public String name() {
    return layer + "." + role.suffix;
  }

  /** The number of values. */
  public int size() {
    return Math.toIntExact(shape.stream().reduce(1L, Math::multiplyExact));
  }
}
