package dev.graft.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.DataSet;
import dev.graft.data.ImageSet;
import dev.graft.data.Part;
import dev.graft.data.Quarantine;
import dev.graft.image.RgbImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which images stay together, from given labels, contents and fingerprints. */
class SurveyTest {
  /** An image's label, content, fingerprint (0 for none) and part. */
  private record Shown(int label, String content, int look, Part part) {}

  private static Shown cat(String content, int look) {
    return new Shown(0, content, look, null);
  }

  private static Shown dog(String content, int look) {
    return new Shown(1, content, look, null);
  }

  private static Survey survey(List<Shown> shown) {
    DataSet data =
        new DataSet(
            "pets",
            new Literal(shown),
            shown.stream().map(each -> Optional.ofNullable(each.part())).toList(),
            "here",
            List.of());
    return Survey.of(data, i -> fingerprint(shown.get(i).look()).orElse(null));
  }

  private static Optional<Fingerprint> fingerprint(int look) {
    if (look == 0) {
      return Optional.empty();
    }
    byte[] thumbnail = new byte[256];
    new Random(look).nextBytes(thumbnail);
    return Optional.of(new Fingerprint(look, thumbnail));
  }

  @Test
  void identicalAndNearlyIdenticalImagesHaveOneNumberInTheOrderOfTheirFirst() {
    List<Shown> shown = new ArrayList<>();
    shown.add(cat("a", 1));
    shown.add(cat("b", 2));
    shown.add(cat("a", 1)); // identical to 0
    shown.add(cat("c", 2)); // looks like 1
    shown.add(cat("d", 3));
    shown.add(dog("e", 4));
    shown.add(dog("f", 5));
    shown.add(dog("g", 6));
    shown.add(dog("b", 2)); // identical to 1, of another class

    Survey survey = survey(shown);

    assertThat(survey.groups()).containsExactly(0, 1, 0, 1, 2, 3, 4, 5, 1);
    assertThat(survey.identical()).containsExactly(List.of(0, 2), List.of(1, 8));
    assertThat(survey.near()).containsExactly(List.of(1, 3, 8));
    assertThat(survey.conflicts(survey.identical())).containsExactly(List.of(1, 8));
    assertThat(survey.conflicts()).containsExactly(List.of(1, 3, 8));
    assertThat(survey.tooAlike()).isEmpty();
  }

  /**
   * Three of five images are not more than {@code FEW}; four are, and over a fifth of the class.
   */
  @Test
  void nearDuplicatesThatAreALargePartOfAClassAreNotKeptTogetherButIdenticalImagesAre() {
    List<Shown> few = new ArrayList<>(dogs(5));
    few.addAll(List.of(cat("a", 1), cat("b", 1), cat("c", 1), cat("d", 2), cat("e", 3)));
    assertThat(survey(few).groups()).containsExactly(0, 1, 2, 3, 4, 5, 5, 5, 6, 7);

    List<Shown> many = new ArrayList<>(few);
    many.addAll(List.of(cat("f", 1), cat("a", 1)));
    Survey survey = survey(many);
    assertThat(survey.tooAlike()).containsExactly(List.of(5, 6, 7, 10, 11));
    assertThat(survey.groups()).containsExactly(0, 1, 2, 3, 4, 12, 13, 14, 6, 7, 15, 12);
  }

  /** Five of 25 are a fifth, and no more. */
  @Test
  void inALargeClassALargerGroupStaysTogether() {
    List<Shown> shown = new ArrayList<>(dogs(5));
    for (int i = 0; i < 20; i++) {
      shown.add(cat("cat " + i, 200 + i));
    }
    for (int i = 0; i < 5; i++) {
      shown.add(cat("same " + i, 1));
    }
    assertThat(survey(shown).tooAlike()).isEmpty();
    shown.add(cat("same 5", 1));
    assertThat(survey(shown).tooAlike()).hasSize(1);
  }

  @Test
  void inAClassOfFewImagesTheNearlyIdenticalAreNotKeptTogether() {
    List<Shown> shown = new ArrayList<>(dogs(4));
    shown.addAll(List.of(cat("a", 1), cat("b", 1), cat("c", 2)));

    assertThat(survey(shown).near()).containsExactly(List.of(4, 5));
    assertThat(survey(shown).groups()).doesNotHaveDuplicates();
  }

  /** Test images do not count when training images are split. */
  @Test
  void onlyImagesThatAreTrainedOnCountAsThoseOfAClass() {
    List<Shown> shown = new ArrayList<>(dogs(4));
    shown.add(new Shown(0, "a", 1, Part.TRAIN));
    shown.add(new Shown(0, "b", 1, Part.TRAIN));
    for (int i = 0; i < 3; i++) {
      shown.add(new Shown(0, "test " + i, 50 + i, Part.TEST));
    }

    assertThat(survey(shown).near()).containsExactly(List.of(4, 5));
    assertThat(survey(shown).groups()).doesNotHaveDuplicates();
  }

  @Test
  void aGroupInTwoGivenPartsIsALeak() {
    List<Shown> shown =
        List.of(
            new Shown(0, "a", 0, Part.TRAIN),
            new Shown(0, "b", 0, Part.TRAIN),
            new Shown(0, "a", 0, Part.TEST),
            new Shown(0, "b", 0, Part.TRAIN),
            new Shown(1, "near", 1, Part.VALIDATION),
            new Shown(1, "nearly", 1, Part.TEST),
            new Shown(1, "c", 0, Part.TEST),
            new Shown(1, "c", 0, null));

    // The last one will be trained on, since there is a test.
    assertThat(survey(shown).leaks()).containsExactly(List.of(0, 2), List.of(4, 5), List.of(6, 7));
  }

  @Test
  void withoutFingerprintsTheIdenticalAreKnownByTheirContent() {
    Survey quick = Survey.quick(survey(List.of(cat("a", 1), dog("b", 1), cat("a", 1))).data());

    assertThat(quick.identical()).containsExactly(List.of(0, 2));
    assertThat(quick.near()).isEmpty();
    assertThat(quick.groups()).containsExactly(0, 1, 0);
  }

  @Test
  void nearDuplicatesWithDifferentLabelsConflictUnlessAFixedCameraMadeThem() {
    List<Shown> shown = new ArrayList<>(dogs(5));
    for (int i = 0; i < 5; i++) {
      shown.add(cat("cat " + i, 200 + i));
    }
    shown.addAll(List.of(cat("a", 1), dog("b", 1)));
    assertThat(survey(shown).conflicts()).containsExactly(List.of(10, 11));

    shown.addAll(List.of(cat("c", 1), cat("d", 1), cat("e", 1), cat("f", 2), dog("f", 2)));
    assertThat(survey(shown).tooAlike()).containsExactly(List.of(10, 11, 12, 13, 14));
    assertThat(survey(shown).conflicts()).containsExactly(List.of(15, 16));
  }

  @Test
  void allGroupsAreListedInATable() {
    List<Shown> shown = new ArrayList<>(dogs(3));
    shown.addAll(List.of(cat("a", 1), dog("a", 1), cat("b", 2), cat("c", 2), cat("b", 2)));

    assertThat(survey(shown).toCsv(i -> Optional.of(i < 5 ? Part.TRAIN : Part.TEST)).lines())
        .containsExactly(
            "group,kind,path,label,part",
            "1,identical,image 3,cat,train",
            "1,identical,image 4,dog,train",
            "2,near,image 5,cat,test",
            "2,near,image 6,cat,test",
            "2,near,image 7,cat,test");
  }

  private static List<Shown> dogs(int count) {
    List<Shown> dogs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      dogs.add(dog("dog " + i, 100 + i));
    }
    return dogs;
  }

  /** A set of images that have no pixels. */
  private record Literal(List<Shown> shown) implements ImageSet {
    @Override
    public List<String> classes() {
      return List.of("cat", "dog");
    }

    @Override
    public int size() {
      return shown.size();
    }

    @Override
    public int label(int index) {
      return shown.get(index).label();
    }

    @Override
    public String hash(int index) {
      return shown.get(index).content();
    }

    @Override
    public int shorterSide(int index) {
      return 0;
    }

    @Override
    public Optional<List<RgbImage>> read(int index, int[] minSides) {
      return Optional.of(Collections.nCopies(minSides.length, new RgbImage(1, 1, new byte[3])));
    }

    @Override
    public Quarantine quarantine() {
      return new Quarantine(size(), 0);
    }
  }
}
