package dev.graft.fuzz;

import java.util.List;

/** Paths that lead out of where they should stay. */
final class Hostile {
  /** A file of this name, anywhere, was written by following such a path. */
  static final String TARGET = "escaped";

  static final List<String> PATHS =
      List.of(
          "../" + TARGET,
          "../../" + TARGET,
          "../../../" + TARGET,
          "..\\..\\" + TARGET,
          "a/../../../" + TARGET,
          "./" + TARGET + "/../../" + TARGET,
          "/dev/null/" + TARGET,
          "/proc/self/mem",
          "/dev/zero",
          "..",
          ".",
          "/",
          "~/" + TARGET,
          "file:///" + TARGET,
          "con:",
          "a".repeat(5_000),
          "a/".repeat(1_000) + TARGET);

  private Hostile() {}
}
