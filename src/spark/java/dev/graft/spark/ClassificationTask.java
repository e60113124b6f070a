package dev.graft.spark;

import ai.djl.Device;
import dev.graft.GraftException;
import dev.graft.image.ImageFileReader;
import dev.graft.image.RgbImage;
import dev.graft.image.UnreadableImage;
import dev.graft.inference.Answer;
import dev.graft.inference.ModelRunner;
import dev.graft.inference.Source;
import dev.graft.inference.TopClass;
import dev.graft.io.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A task that classifies a partition of the images lazily.
 *
 * @param model that classifies
 * @param top number of classes per image
 * @param counter of classified images
 * @param hadoop configuration of the file systems
 */
record ClassificationTask(
    DistributedModel model, int top, LongAccumulator counter, SerializableConfiguration hadoop)
    implements MapPartitionsFunction<String, Row> {
  /** The fields of {@code infer --json} as columns; the most probable class comes first. */
  static final StructType ROW =
      StructType.fromDDL(
          "path STRING, hash STRING,"
              + " predictions ARRAY<STRUCT<index: INT, id: STRING, name: STRING,"
              + " probability: FLOAT>>, error STRING");

  /** One thread besides the task's own reads images, because there is one task per core. */
  private static final int READING = 1;

  @Override
  public Iterator<Row> call(Iterator<String> paths) {
    ModelRunner classifier =
        model.open(ModelRunner.class, file -> ModelRunner.load(file, Device.cpu()));
    Configuration configuration = hadoop.value();
    ModelRunner.Answers<Remote> answers =
        classifier.classify(
            mapped(paths, path -> new Remote(new DataPath(path), configuration)), READING);
    TaskContext.get()
        .addTaskCompletionListener(
            task -> {
              answers.close();
            });
    return mapped(answers, answer -> row(classifier, answer));
  }

  private Row row(ModelRunner classifier, Answer<Remote> answer) {
    counter.add(1);
    Remote image = answer.source();
    if (answer.problem().isPresent()) {
      return RowFactory.create(image.name(), image.hash, null, answer.problem().get());
    }
    Row[] classes =
        classifier.top(answer.probabilities(), top).stream()
            .map(ClassificationTask::row)
            .toArray(Row[]::new);
    return RowFactory.create(image.name(), image.hash, classes, null);
  }

  private static Row row(TopClass each) {
    return RowFactory.create(each.index(), each.id(), each.label(), each.probability());
  }

  private static <S, T> Iterator<T> mapped(Iterator<S> all, Function<S, T> map) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public T next() {
        return map.apply(all.next());
      }
    };
  }

  /** An image on any file system, whose hash is known after it was read. */
  private static final class Remote implements Source {
    private final DataPath place;
    private final Configuration configuration;

    /** SHA-256 of the content; {@code null} if it could not be read. */
    private String hash;

    Remote(DataPath place, Configuration configuration) {
      this.place = place;
      this.configuration = configuration;
    }

    @Override
    public String name() {
      return place.name();
    }

    @Override
    public RgbImage read(int minSide) {
      try {
        return place.withLocalFile(configuration, file -> read(file, minSide));
      } catch (UnreadableImage e) {
        throw new GraftException(name() + " " + e.reason(), e);
      } catch (IOException e) {
        throw new GraftException(name() + " " + DataPath.reason(e), e);
      }
    }

    private RgbImage read(Path file, int minSide) throws IOException {
      if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
        return ImageFileReader.read(file, minSide); // throws the exception with the reason
      }
      Hash content = Hash.Algorithm.SHA256.of(file);
      hash = content.hex();
      return ImageFileReader.read(file, content, minSide).get(0);
    }
  }
}
