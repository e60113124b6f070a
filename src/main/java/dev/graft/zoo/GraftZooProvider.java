package dev.graft.zoo;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

/** How DJL finds {@link GraftModelZoo}: named in {@code META-INF/services}. */
public final class GraftZooProvider implements ZooProvider {
  @Override
  public ModelZoo getModelZoo() {
    return new GraftModelZoo();
  }
}
