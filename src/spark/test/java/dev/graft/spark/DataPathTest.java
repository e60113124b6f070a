package dev.graft.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataPathTest {
  /** As the rows of a manifest in a folder. */
  @ParameterizedTest
  @CsvSource({
    "/data,            a.png,            /data/a.png",
    "/data,            ../b/a.png,       /b/a.png",
    "/data,            /c/a.png,         /c/a.png",
    "/data,            hdfs://h/a.png,   hdfs://h/a.png",
    "/data,            file:///c/a.png,  /c/a.png",
    "hdfs://h:80/dir/, a.png,            hdfs://h:80/dir/a.png",
    "hdfs://h:80/dir,  a:1.png,          hdfs://h:80/dir/a:1.png",
    "hdfs://h:80/dir,  /c/a.png,         hdfs://h:80/c/a.png",
    "hdfs:/dir,        /c/a.png,         hdfs:/c/a.png",
    "hdfs://h/dir,     s3://b/a.png,     s3://b/a.png",
    "hdfs://h/dir,     file:/c/a.png,    /c/a.png"
  })
  void aPathIsBelowTheFolderUnlessItIsAbsolute(String folder, String written, String resolved) {
    assertThat(DataPath.of(folder).resolve(written).name()).isEqualTo(resolved);
  }
}
