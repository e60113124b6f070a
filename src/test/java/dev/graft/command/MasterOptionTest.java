package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThatExceptionOfType;

import dev.graft.GraftException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MasterOptionTest {
  @TempDir private Path folder;

  /** As with the jar of the profile spark, started by java alone. */
  @Test
  void aJarThatExpectsSparkFromAClusterSaysHowToStartIt() throws IOException {
    assumeThatExceptionOfType(ClassNotFoundException.class)
        .isThrownBy(() -> Class.forName("org.apache.spark.sql.SparkSession"));
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve("dev.graft.run.Cluster"), "dev.graft.spark.SparkCluster\n");
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader jar = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      Thread.currentThread().setContextClassLoader(jar);
      assertThat(jar.getResource("META-INF/services/dev.graft.run.Cluster")).isNotNull();
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> new MasterOption().cluster())
          .withMessageContaining("spark-submit --class dev.graft.Main target-spark/graft.jar");
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }
}
