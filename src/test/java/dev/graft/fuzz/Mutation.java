package dev.graft.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Damage to the bytes of a file, by accident or malice. */
enum Mutation {
  FLIPPED_BITS {
    @Override
    byte[] of(byte[] bytes, Random random) {
      byte[] flipped = bytes.clone();
      for (int i = random.nextInt(8); i >= 0; i--) {
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      }
      return flipped;
    }
  },
  CUT_SHORT {
    @Override
    byte[] of(byte[] bytes, Random random) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
  },
  INSERTED_BYTES {
    @Override
    byte[] of(byte[] bytes, Random random) {
      byte[] noise = new byte[1 + random.nextInt(64)];
      random.nextBytes(noise);
      return spliced(bytes, random.nextInt(bytes.length + 1), 0, noise);
    }
  },
  LEFT_OUT {
    @Override
    byte[] of(byte[] bytes, Random random) {
      Piece piece = Piece.of(bytes, random);
      return spliced(bytes, piece.start, piece.length, new byte[0]);
    }
  },
  REPEATED {
    @Override
    byte[] of(byte[] bytes, Random random) {
      Piece piece = Piece.of(bytes, random);
      return spliced(bytes, piece.start, 0, piece.from(bytes));
    }
  },
  MOVED {
    @Override
    byte[] of(byte[] bytes, Random random) {
      Piece piece = Piece.of(bytes, random);
      byte[] without = spliced(bytes, piece.start, piece.length, new byte[0]);
      return spliced(without, random.nextInt(without.length + 1), 0, piece.from(bytes));
    }
  },
  ZEROS {
    @Override
    byte[] of(byte[] bytes, Random random) {
      Piece piece = Piece.of(bytes, random);
      return spliced(bytes, piece.start, piece.length, new byte[piece.length]);
    }
  },
  NOISE {
    @Override
    byte[] of(byte[] bytes, Random random) {
      Piece piece = Piece.of(bytes, random);
      byte[] noise = new byte[piece.length];
      random.nextBytes(noise);
      return spliced(bytes, piece.start, piece.length, noise);
    }
  },
  /** Replaces 1, 2, 4 or 8 bytes by an extreme size or offset, in either byte order. */
  EXTREME_INTEGER {
    @Override
    byte[] of(byte[] bytes, Random random) {
      int width = 1 << random.nextInt(4);
      long most = width == 8 ? Long.MAX_VALUE : (1L << (8 * width - 1)) - 1;
      long[] extremes = {0, 1, -1, most, most + 1, most / 2, most - random.nextInt(64), 1L << 31};
      long number = extremes[random.nextInt(extremes.length)];
      boolean little = random.nextBoolean();
      byte[] changed = bytes.clone();
      // Headers are where the damage is interesting.
      int within = random.nextBoolean() ? Math.min(64, bytes.length) : bytes.length;
      int at = random.nextInt(within);
      for (int i = 0; i < width && at + i < changed.length; i++) {
        changed[at + i] = (byte) (number >> (8 * (little ? i : width - 1 - i)));
      }
      return changed;
    }
  },
  HUGE_NUMBER {
    @Override
    byte[] of(byte[] bytes, Random random) {
      return replaced(bytes, NUMBERS, random.nextInt(4) == 0 ? DIGITS : NUMBER, random);
    }
  },
  WRONG_TYPE {
    @Override
    byte[] of(byte[] bytes, Random random) {
      return replaced(bytes, VALUES, WORD, random);
    }
  },
  NESTED {
    @Override
    byte[] of(byte[] bytes, Random random) {
      int depth = List.of(5, 50, 1_500, 50_000).get(random.nextInt(4));
      String open = List.of("[", "{\"a\":", "- ", "{a: ", "(").get(random.nextInt(5));
      byte[] nest = open.repeat(depth).getBytes(StandardCharsets.UTF_8);
      return spliced(bytes, random.nextInt(bytes.length + 1), 0, nest);
    }
  },
  HOSTILE_PATH {
    @Override
    byte[] of(byte[] bytes, Random random) {
      return replaced(bytes, Hostile.PATHS, random.nextBoolean() ? WORD : PATH, random);
    }
  },
  ODD_CHARACTERS {
    @Override
    byte[] of(byte[] bytes, Random random) {
      String odd = ODD.get(random.nextInt(ODD.size()));
      byte[] inserted = odd.getBytes(StandardCharsets.UTF_8);
      return spliced(bytes, random.nextInt(bytes.length + 1), 0, inserted);
    }
  },
  NOT_UTF8 {
    @Override
    byte[] of(byte[] bytes, Random random) {
      byte[] inserted = {(byte) 0xc3, (byte) 0x28, (byte) 0xff, (byte) 0xfe, (byte) 0xed};
      int start = random.nextInt(inserted.length);
      byte[] some = Arrays.copyOfRange(inserted, start, inserted.length);
      return spliced(bytes, random.nextInt(bytes.length + 1), 0, some);
    }
  },
  /** Replaces a word of the file by another one. */
  SWAPPED_WORDS {
    @Override
    byte[] of(byte[] bytes, Random random) {
      List<String> words = matches(bytes, WORD).stream().map(MatchResult::group).toList();
      return words.isEmpty() ? bytes : replaced(bytes, words, WORD, random);
    }
  };

  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  private static final Pattern DIGITS = Pattern.compile("[0-9]");
  private static final Pattern WORD = Pattern.compile("\"?[\\p{Alnum}_.-]+\"?");
  private static final Pattern PATH = Pattern.compile("[\\p{Alnum}_-]+(/[\\p{Alnum}_.-]+)+");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "-1",
          "-0",
          "2147483647",
          "2147483648",
          "9223372036854775807",
          "18446744073709551616",
          "1e999",
          "-1e999",
          "1e-999",
          "NaN",
          "Infinity",
          ".inf",
          "0x7fffffff",
          "0.30000000000000004",
          "9".repeat(400),
          "1" + "0".repeat(2_000));

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "\"\"",
          "[]",
          "{}",
          "[1, 2]",
          "{\"a\": 1}",
          "\"text\"",
          "3",
          "0.5",
          "~",
          "*a",
          "&a",
          "!!int",
          "? ",
          "- -",
          "|",
          "'",
          "\"");

  private static final List<String> ODD =
      List.of(
          "\0",
          "\n",
          "\r",
          "\r\n\r\n",
          "\u2028",
          "\u001b[2J",
          "\u0007",
          "\ufeff",
          "\u202e",
          "\t",
          ",",
          ":",
          "\"",
          "'",
          "%n%s%d",
          "${jndi:x}",
          "\ud83d\udc08",
          "\u0301".repeat(300),
          "a".repeat(150_000));

  private static final List<Mutation> OF_BYTES =
      List.of(
          FLIPPED_BITS,
          CUT_SHORT,
          INSERTED_BYTES,
          LEFT_OUT,
          REPEATED,
          MOVED,
          ZEROS,
          NOISE,
          EXTREME_INTEGER,
          EXTREME_INTEGER);

  /** Returns the bytes after one to four mutations. */
  static byte[] mutated(byte[] bytes, boolean text, Random random) {
    List<Mutation> all = List.of(values());
    // Mutations of text are sometimes applied to the header of a binary file.
    List<Mutation> mutations = text || random.nextInt(8) == 0 ? all : OF_BYTES;
    byte[] mutated = bytes;
    // Half of them have one fault only, so that the rest is read.
    for (int i = random.nextBoolean() ? 0 : random.nextInt(4); i >= 0; i--) {
      if (mutated.length > 0) {
        mutated = mutations.get(random.nextInt(mutations.size())).of(mutated, random);
      }
    }
    return mutated;
  }

  /**
   * Returns the mutated bytes.
   *
   * @param bytes at least one
   */
  abstract byte[] of(byte[] bytes, Random random);

  private record Piece(int start, int length) {
    static Piece of(byte[] bytes, Random random) {
      int start = random.nextInt(bytes.length);
      int most = random.nextBoolean() ? 16 : bytes.length;
      return new Piece(start, 1 + random.nextInt(Math.min(most, bytes.length - start)));
    }

    byte[] from(byte[] bytes) {
      return Arrays.copyOfRange(bytes, start, start + length);
    }
  }

  private static byte[] spliced(byte[] bytes, int at, int leftOut, byte[] with) {
    byte[] spliced = new byte[bytes.length - leftOut + with.length];
    System.arraycopy(bytes, 0, spliced, 0, at);
    System.arraycopy(with, 0, spliced, at, with.length);
    System.arraycopy(bytes, at + leftOut, spliced, at + with.length, bytes.length - at - leftOut);
    return spliced;
  }

  private static List<MatchResult> matches(byte[] bytes, Pattern pattern) {
    return pattern.matcher(new String(bytes, StandardCharsets.ISO_8859_1)).results().toList();
  }

  /** Replaces one match of the pattern, if there is any, by one of the words. */
  private static byte[] replaced(byte[] bytes, List<String> words, Pattern pattern, Random random) {
    List<MatchResult> found = matches(bytes, pattern);
    if (found.isEmpty()) {
      return bytes;
    }
    MatchResult one = found.get(random.nextInt(found.size()));
    byte[] word = words.get(random.nextInt(words.size())).getBytes(StandardCharsets.UTF_8);
    return spliced(bytes, one.start(), one.end() - one.start(), word);
  }
}
