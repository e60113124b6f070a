package dev.graft.zoo;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** Floating-point types of weight files, all of which can be converted to float32. */
enum FloatType {
  F16(2),
  BF16(2),
  F32(4),
  F64(8);

  /** Bytes per value. */
  final int bytes;

  FloatType(int bytes) {
    this.bytes = bytes;
  }

  static Optional<FloatType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  float next(ByteBuffer from) {
    return switch (this) {
      case F16 -> half(from.getShort());
      case BF16 -> Float.intBitsToFloat(from.getShort() << 16);
      case F32 -> from.getFloat();
      case F64 -> (float) from.getDouble();
    };
  }

  /** Converts IEEE 754 binary16: a sign, 5 bits of exponent (bias 15), 10 bits of fraction. */
  private static float half(short bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    float magnitude =
        switch (exponent) {
          case 0 -> fraction * 0x1p-24f;
          case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Float.intBitsToFloat(((exponent + 127 - 15) << 23) | (fraction << 13));
        };
    return bits < 0 ? -magnitude : magnitude;
  }
}
