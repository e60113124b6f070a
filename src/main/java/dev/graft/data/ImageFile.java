package dev.graft.data;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that is listed as an image, and may turn out unreadable.
 *
 * @param path may not exist
 * @param label the name of its class
 * @param part empty where the run samples the split
 */
public record ImageFile(Path path, String label, Optional<Part> part) {}
