package dev.graft.data;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that should hold a picture; whether it does is known once it has been read.
 *
 * @param path may lead nowhere
 * @param label the name of its class
 * @param part empty where the user leaves it to the run
 */
public record PictureFile(Path path, String label, Optional<Part> part) {}
