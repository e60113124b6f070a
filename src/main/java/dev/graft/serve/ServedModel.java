package dev.graft.serve;

import dev.graft.image.HeatMap;
import dev.graft.inference.GradCam;
import dev.graft.inference.ModelRunner;

/**
 * A model in service, and the number of its users: requests whose work is not done, whether or not
 * their clients still wait. A replaced model is closed when its last user releases it, so that
 * nothing computes with a closed model.
 */
final class ServedModel {
  private final String name;
  private final ModelRunner classifier;
  private GradCam gradCam;
  private int users;
  private boolean retired;

  ServedModel(String name, ModelRunner classifier) {
    this.name = name;
    this.classifier = classifier;
  }

  /** Returns the model's name in addresses. */
  String name() {
    return name;
  }

  ModelRunner classifier() {
    return classifier;
  }

  /**
   * Computes a heat map of a class. Only one thread may call it at once, and it must be a user of
   * this model. The network for it is loaded on first use.
   */
  HeatMap heatMap(ModelRunner.Prepared image, int index) {
    if (gradCam == null) {
      gradCam = classifier.gradCam();
    }
    return gradCam.map(image, index);
  }

  /** Adds a user; returns false if the model has been replaced. */
  synchronized boolean take() {
    if (retired) {
      return false;
    }
    users++;
    return true;
  }

  synchronized void release() {
    users--;
    closeIfUnused();
  }

  /** Admits no further users. */
  synchronized void retire() {
    retired = true;
    closeIfUnused();
  }

  private void closeIfUnused() {
    if (retired && users == 0) {
      classifier.close();
      if (gradCam != null) {
        gradCam.close();
      }
    }
  }
}
