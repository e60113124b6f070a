package dev.graft.report;

import dev.graft.picture.Picture;

/**
 * A picture that was taken for what it is not.
 *
 * @param picture of any size
 * @param truth the name of its class
 * @param predicted the name of the class that it was taken for
 * @param probability of the predicted class, 0 to 1
 */
public record Mistake(Picture picture, String truth, String predicted, float probability) {}
