package dev.graft;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The result of a {@link Classifier} for one of many image files.
 *
 * @param file the image file
 * @param classification empty if the image can't be classified
 * @param problem one sentence that says why it can't; empty if it can
 */
public record ClassifiedImage(
    Path file, Optional<Classification> classification, Optional<String> problem) {}
