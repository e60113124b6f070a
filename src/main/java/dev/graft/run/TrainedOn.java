package dev.graft.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.SplitCsv;
import dev.graft.data.duplicates.Duplicates;
import dev.graft.data.duplicates.Fingerprints;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.Prediction;
import dev.graft.output.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The numbers of evaluated images that the model has seen before: metrics on these do not estimate
 * the accuracy on new images.
 *
 * @param training images with the content of a training image
 * @param validation images with the content of a validation image, by which the epoch was chosen
 * @param near other images that are near-duplicates of either; null if the fingerprints of the
 *     training images are missing, so that they could not be searched for
 * @param others all other images
 * @param accuracyOnOthers null if there are no others
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TrainedOn(
    int training, int validation, Integer near, int others, Double accuracyOnOthers) {

  /**
   * Compares evaluated images to those of the model's run.
   *
   * @param model folder of a run, or of its model
   * @param chosen the evaluated images
   * @return empty if the run's split is not known
   */
  static Optional<TrainedOn> of(
      Path model, ImageSet images, int[] chosen, Evaluation evaluation, Fingerprints fingerprints) {
    Optional<Path> split = split(model);
    if (split.isEmpty()) {
      return Optional.empty();
    }
    Set<String> training = SplitCsv.hashes(split.get(), Part.TRAIN);
    Set<String> validation = SplitCsv.hashes(split.get(), Part.VALIDATION);
    BitSet trained = places(chosen, i -> training.contains(images.hash(i)));
    BitSet validated = places(chosen, i -> validation.contains(images.hash(i)));
    validated.andNot(trained);
    BitSet seen = (BitSet) trained.clone();
    seen.or(validated);
    List<String> before = Stream.concat(training.stream(), validation.stream()).toList();
    boolean comparable = before.stream().allMatch(hash -> fingerprints.known(hash).isPresent());
    BitSet near = comparable ? near(images, chosen, before, fingerprints) : new BitSet();
    near.andNot(seen);
    seen.or(near);
    List<Prediction> others =
        evaluation.predictions().stream().filter(each -> !seen.get(each.index())).toList();
    return Optional.of(
        new TrainedOn(
            trained.cardinality(),
            validated.cardinality(),
            comparable ? near.cardinality() : null,
            others.size(),
            others.isEmpty()
                ? null
                : (double) others.stream().filter(Prediction::correct).count() / others.size()));
  }

  private static Optional<Path> split(Path model) {
    Path folder = model.toAbsolutePath().normalize();
    return Stream.of(folder, folder.resolve("..").normalize())
        .filter(each -> each.equals(folder) || RunFolder.modelOf(each).equals(folder))
        .map(each -> each.resolve(SplitCsv.NAME))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  private static BitSet places(int[] chosen, IntPredicate test) {
    BitSet places = new BitSet();
    IntStream.range(0, chosen.length).filter(i -> test.test(chosen[i])).forEach(places::set);
    return places;
  }

  /** Returns which of the evaluated images are near-duplicates, by their fingerprints. */
  private static BitSet near(
      ImageSet images, int[] chosen, List<String> before, Fingerprints fingerprints) {
    List<String> all = new ArrayList<>();
    IntStream.of(chosen).mapToObj(images::hash).forEach(all::add);
    all.addAll(before);
    int[] groups =
        Duplicates.among(all.size(), all::get, i -> fingerprints.known(all.get(i)).orElse(null))
            .groups();
    BitSet known = new BitSet();
    IntStream.range(chosen.length, groups.length).map(i -> groups[i]).forEach(known::set);
    BitSet near = new BitSet();
    IntStream.range(0, chosen.length).filter(i -> known.get(groups[i])).forEach(near::set);
    return near;
  }
}
