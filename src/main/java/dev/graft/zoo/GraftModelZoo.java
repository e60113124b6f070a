package dev.graft.zoo;

import ai.djl.Application;
import ai.djl.engine.Engine;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;
import ai.djl.util.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Graft's backbones as a DJL model zoo, for any engine that can train. DJL finds it through {@code
 * META-INF/services}; load a backbone with {@code
 * Criteria.builder().optGroupId("dev.graft").optArtifactId("vgg16")}.
 */
public final class GraftModelZoo extends ModelZoo implements ZooProvider {
  /** The group id for {@code Criteria.optGroupId}. */
  public static final String GROUP_ID = "dev.graft";

  /** Adds all backbones; called by DJL's service loader. */
  public GraftModelZoo() {
    BackboneInfo.ALL.forEach(entry -> addModel(new EntryRepository(entry).mrl));
  }

  @Override
  public ModelZoo getModelZoo() {
    return this;
  }

  @Override
  public String getGroupId() {
    return GROUP_ID;
  }

  @Override
  public Set<String> getSupportedEngines() {
    return Set.copyOf(Engine.getAllEngines());
  }

  /**
   * A repository of one backbone: an artifact without files, because {@link BackboneFactory} loads
   * the weights. DJL never checks the files in its cache again, so it would not notice changed
   * weights under the same name.
   */
  private static final class EntryRepository extends AbstractRepository {
    private final MRL mrl;
    private final Metadata metadata = new Metadata.MatchAllMetadata();

    EntryRepository(BackboneInfo entry) {
      super("graft", URI.create("graft:///" + entry.id()));
      mrl = model(Application.CV.IMAGE_CLASSIFICATION, GROUP_ID, entry.id());
      Artifact artifact = new Artifact();
      artifact.setName(entry.id());
      artifact.setFiles(Map.of());
      artifact.getArguments().put("blockFactory", BackboneFactory.class.getName());
      artifact.getArguments().put(BackboneFactory.BACKBONE, entry.id());
      artifact.setOptions(Map.of("hasParameter", "false"));
      artifact.setMetadata(metadata);
      metadata.setGroupId(GROUP_ID);
      metadata.setArtifactId(entry.id());
      metadata.setRepositoryUri(URI.create("dev/graft/"));
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

    /** Creates the empty folder that MXNet's engine lists. */
    @Override
    public void prepare(Artifact artifact, Progress progress) throws IOException {
      Files.createDirectories(getResourceDirectory(artifact));
    }

    @Override
    public List<MRL> getResources() {
      return List.of(mrl);
    }
  }
}
