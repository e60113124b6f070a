package dev.graft.data;

import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.util.Progress;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A local DJL repository that offers records of one binary file as the training part of CIFAR-10.
 * DJL's {@code Cifar10} holds several copies of what it reads, so it is given the file part by
 * part; unlike DJL's own local repository, this one copies nothing into DJL's cache.
 */
final class Cifar10Repository extends AbstractRepository {
  private final Path file;
  private final long offset;
  private final int length;
  private final Metadata metadata = new Metadata.MatchAllMetadata();

  /**
   * @param offset where the first record starts, in bytes
   * @param length size of the records, in bytes
   */
  Cifar10Repository(Path file, long offset, int length) {
    super("cifar10", file.toAbsolutePath().getParent().toUri());
    this.file = file;
    this.offset = offset;
    this.length = length;
    Artifact.Item item = new Artifact.Item();
    item.setName(Cifar10Files.MERGED_TRAIN);
    Artifact artifact = new Artifact();
    artifact.setFiles(Map.of(Cifar10Files.MERGED_TRAIN, item));
    metadata.setArtifacts(List.of(artifact));
  }

  @Override
  public boolean isRemote() {
    return false;
  }

  @Override
  public Metadata locate(MRL mrl) {
    return metadata;
  }

  @Override
  public Artifact resolve(MRL mrl, Map<String, String> filter) {
    return metadata.getArtifacts().get(0);
  }

  /** Does nothing: the file is read where it is. */
  @Override
  public void prepare(Artifact artifact, Progress progress) {}

  @Override
  public InputStream openStream(Artifact.Item item, String path) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      in.skipNBytes(offset);
      byte[] records = in.readNBytes(length);
      if (records.length < length) {
        throw new EOFException("it was truncated meanwhile");
      }
      return new ByteArrayInputStream(records);
    }
  }

  @Override
  public List<MRL> getResources() {
    return List.of();
  }
}
