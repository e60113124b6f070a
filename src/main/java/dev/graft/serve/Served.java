package dev.graft.serve;

import dev.graft.inference.Classifier;
import dev.graft.inference.GradCam;
import dev.graft.picture.HeatMap;

/**
 * A model in service, and how many requests have it in hand. It is closed when it was replaced and
 * the last of them has let it go, so that a request is answered by the model that it began with.
 */
final class Served {
  private final String name;
  private final Classifier classifier;
  private GradCam gradCam;
  private int users;
  private boolean retired;

  Served(String name, Classifier classifier) {
    this.name = name;
    this.classifier = classifier;
  }

  /** What programs call it. */
  String name() {
    return name;
  }

  Classifier classifier() {
    return classifier;
  }

  /**
   * Where in a picture a class was seen; for one caller at a time, who has it in hand. The network
   * for it is made when it is first needed.
   */
  HeatMap heatMap(Classifier.Prepared picture, int index) {
    if (gradCam == null) {
      gradCam = classifier.gradCam();
    }
    return gradCam.map(picture, index);
  }

  /** Takes it in hand, unless it is gone. */
  synchronized boolean take() {
    if (retired) {
      return false;
    }
    users++;
    return true;
  }

  synchronized void letGo() {
    users--;
    closeIfDone();
  }

  /** Nobody takes it any more. */
  synchronized void retire() {
    retired = true;
    closeIfDone();
  }

  private void closeIfDone() {
    if (retired && users == 0) {
      classifier.close();
      if (gradCam != null) {
        gradCam.close();
      }
    }
  }
}
