package dev.graft.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.graft.GraftException;
import dev.graft.image.ImageFileReader;
import dev.graft.io.Csv;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListingTest {
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0};

  @TempDir Path folder;

  @Test
  void aFolderOfClassFoldersIsListedSortedAndWithoutParts() throws IOException {
    image("dog/2.jpg", "dog/1.jpg", "cat/deeper/and/deeper/3.PNG", "cat/b.jpeg");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.files())
        .containsExactly(
            new ImageFile(folder.resolve("cat/b.jpeg"), "cat", Optional.empty()),
            new ImageFile(folder.resolve("cat/deeper/and/deeper/3.PNG"), "cat", Optional.empty()),
            new ImageFile(folder.resolve("dog/1.jpg"), "dog", Optional.empty()),
            new ImageFile(folder.resolve("dog/2.jpg"), "dog", Optional.empty()));
    assertThat(listing.notes()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"train,val,test", "Train,VALIDATION,TEST", "TRAIN,valid,Test"})
  void foldersNamedAfterPartsAreParts(String train, String validation, String test)
      throws IOException {
    image(train + "/cat/1.png", train + "/dog/2.png");
    image(validation + "/cat/3.png", validation + "/dog/4.png");
    image(test + "/cat/5.png", test + "/dog/6.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.files())
        .extracting(file -> name(file) + " " + file.label() + " " + file.part().orElseThrow())
        .containsExactlyInAnyOrder(
            "1.png cat TRAIN",
            "2.png dog TRAIN",
            "3.png cat VALIDATION",
            "4.png dog VALIDATION",
            "5.png cat TEST",
            "6.png dog TEST");
    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes()).isEmpty();
  }

  @Test
  void trainAloneIsEnoughAndAClassThatTheTestLacksIsNoted() throws IOException {
    image("train/cat/1.png", "train/dog/2.png");
    assertThat(Listing.of(folder).files()).hasSize(2);

    image("test/cat/3.png");
    assertThat(Listing.of(folder).notes())
        .containsExactly(Note.of(Note.Kind.NOT_IN_TEST, folder, List.of("dog")));
  }

  @Test
  void aTrainNextToABusIsAClass() throws IOException {
    image("train/1.png", "bus/2.png", "car/3.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("bus", "car", "train");
    assertThat(listing.notes())
        .containsExactly(Note.of(Note.Kind.PART_AS_CLASS, folder.resolve("train")));
  }

  @ParameterizedTest
  @CsvSource({
    "Training,Testing,TEST",
    "training_set,test_set,TEST",
    "seg_train,seg_test,TEST",
    "train-images,test1,TEST",
    "trainSet,valSet,VALIDATION",
    "trainset,testset,TEST",
    "train,dev,VALIDATION",
    "train,eval,TEST",
    "TRAINING IMAGES,Eval,TEST",
    "train2017,val2017,VALIDATION",
    "trainval,test,TEST",
    "train_val,test,TEST",
    "VOC_TrainVal,VOC_Test,TEST",
    "trains,tests,TEST",
    "Trainings,Tests,TEST",
    "Brain_Tumor.Training,Brain_Tumor.Testing,TEST"
  })
  void foldersWithTheWordForAPartInTheirNamesArePartsAndThatIsNoted(
      String train, String other, Part part) throws IOException {
    image(train + "/cat/1.png", train + "/dog/2.png", other + "/cat/3.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.files())
        .extracting(file -> name(file) + " " + file.part().orElseThrow())
        .containsExactlyInAnyOrder("1.png TRAIN", "2.png TRAIN", "3.png " + part);
    assertThat(listing.notes())
        .extracting(Note::kind)
        .containsAnyOf(Note.Kind.PARTS)
        .doesNotContain(Note.Kind.PART_AS_CLASS);
  }

  /** As in a competition's data. */
  @Test
  void heldOutImagesWithoutLabelsAreIgnoredInTrainingAndRefusedInEvaluation() throws IOException {
    image("train/cat/1.png", "train/dog/2.png", "test/3.png", "test/4.png");
    Files.createDirectory(folder.resolve("val"));

    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.files()).allMatch(file -> file.part().equals(Optional.of(Part.TRAIN)));
    assertThat(listing.notes())
        .containsExactly(Note.of(Note.Kind.UNLABELED_PARTS, folder, List.of("val", "test")));

    Files.delete(folder.resolve("val"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(folder, ReadingRules.DEFAULT.forEvaluation()))
        .withMessage(
            folder.resolve("test")
                + " has 2 images but no class folders: move the images into one folder for each"
                + " class, write a manifest, or move this folder elsewhere.");
  }

  @Test
  void evalMeansValidationNextToATest() throws IOException {
    image("train/cat/1.png", "train/dog/2.png", "test/cat/3.png", "eval/dog/4.png");

    assertThat(Listing.of(folder).notes())
        .contains(Note.of(Note.Kind.PARTS, folder, List.of("eval = validation")));
  }

  @Test
  void aPartMayHoldAFolderOfItsOwnNameWithTheClassFolders() throws IOException {
    image("seg_train/seg_train/cat/1.png", "seg_train/seg_train/dog/2.png");
    image("seg_test/seg_test/cat/3.png", "seg_pred/seg_pred/4.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes())
        .contains(
            Note.of(
                Note.Kind.PARTS,
                folder,
                List.of("seg_train/seg_train = train", "seg_test/seg_test = test")),
            Note.of(Note.Kind.BESIDE_PARTS, folder, List.of("seg_pred")));
  }

  @ParameterizedTest
  @CsvSource({
    "valid,invalid,broken",
    "train,bus,car",
    "steam_train,model_train,bus",
    "test_tube,flask,beaker",
    "dev_board,test_board,shield",
    "train_station,test_station,bus_station",
    "trained,untrained,tested"
  })
  void classesWhoseNamesHaveSuchWordsStayClasses(String a, String b, String c) throws IOException {
    image(a + "/1.png", b + "/2.png", c + "/3.png");

    assertThat(Listing.of(folder).classes()).containsExactlyInAnyOrder(a, b, c);
  }

  @Test
  void classesWithSubfoldersOfDifferentNamesStayClasses() throws IOException {
    image("valid/left/1.png", "invalid/right/2.png", "valid/right/3.png", "broken/4.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("broken", "invalid", "valid");
    assertThat(listing.notes())
        .containsExactly(Note.of(Note.Kind.PART_AS_CLASS, folder.resolve("valid")));
  }

  @Test
  void ambiguousFoldersAreRefusedInASentence() throws IOException {
    image("a/train/steam/1.png", "a/train/electric/2.png", "a/bus/3.png", "a/car/4.png");
    Path a = folder.resolve("a");
    assertRefused(
        a,
        a
            + " has \"train\", which may be a part or a class, next to \"bus\", \"car\": if it is a"
            + " part, name the parts train, val and test, and move other folders elsewhere; if"
            + " they are classes, move their images out of the subfolders, or write a manifest.");

    image("b/my_train/cat/1.png", "b/my_train/dog/2.png");
    image("b/your_test/cat/3.png", "b/your_test/dog/4.png");
    Path b = folder.resolve("b");
    assertRefused(
        b,
        b
            + " has the folders \"my_train\", \"your_test\", which all hold the same folders"
            + " (\"cat\", \"dog\"): if they are parts, name them train, val and test; if they are"
            + " classes, move their images out of the subfolders, or write a manifest.");

    image("c/Training/1.png", "c/Testing/2.png");
    Path c = folder.resolve("c");
    assertRefused(
        c,
        c.resolve("Training")
            + " has 1 image but no class folders: move the images into one folder for each class, or write a manifest.");

    image("d/cats_train/1.png", "d/cats_test/2.png", "d/dogs_train/3.png", "d/dogs_test/4.png");
    Path d = folder.resolve("d");
    assertRefused(
        d,
        d
            + " has folders of several data sets, each in parts: \"cats_test\", \"cats_train\","
            + " \"dogs_test\", \"dogs_train\". Put a folder for each class into train, val and"
            + " test folders, or write a manifest.");

    image("e/seg_val/cat/1.png", "e/seg_test/cat/2.png");
    Path e = folder.resolve("e");
    assertRefused(
        e,
        e
            + " has seg_val, seg_test, but no train folder: add one with a folder of images for each class.");
  }

  @ParameterizedTest
  @CsvSource({
    "test/cat/1.png,photos/dog/2.png",
    "test/1.png,photos/dog/2.png",
    "val/cat/1.png,photos/2.png",
    "train/cat/1.png,photos/dog/2.png"
  })
  void aPartNextToOneUnknownFolderIsRefusedIfEitherHoldsFolders(String part, String other)
      throws IOException {
    image(part, other);

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(folder))
        .withMessageContaining(
            "which may be a part or a class, next to \"photos\": if it is a part");
  }

  @Test
  void twoFlatFoldersAreClassesThoughOneIsNamedLikeAPart() throws IOException {
    image("valid/1.png", "invalid/2.png");

    assertThat(Listing.of(folder).classes()).containsExactly("invalid", "valid");
  }

  @Test
  void aTestNextToTwoFoldersThatHoldTheSameIsRefused() throws IOException {
    for (String part : List.of("test", "query", "gallery")) {
      image(part + "/cat/1.png", part + "/dog/2.png");
    }

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(folder))
        .withMessageContaining("name them train, val and test");
  }

  @Test
  void partsOneFolderDeeperAreNamed() throws IOException {
    image("original/train/cat/1.png", "original/train/dog/2.png", "original/test/cat/3.png");

    assertRefused(
        folder,
        folder
            + " has only the folder \"original\", which has the parts of a data set (\"train\","
            + " \"test\"): give "
            + folder.resolve("original")
            + " instead.");
  }

  @Test
  void classFoldersThatHoldTheSameFoldersAreNoted() throws IOException {
    image("2019/cat/1.png", "2019/dog/2.png", "2020/cat/3.png", "2020/dog/4.png");
    assertThat(Listing.of(folder).notes())
        .containsExactly(
            Note.of(
                Note.Kind.EQUAL_FOLDERS,
                folder,
                List.of("\"2019\", \"2020\"", "\"cat\", \"dog\"")));

    image("2020/5.png"); // images of its own: a class
    assertThat(Listing.of(folder).notes()).isEmpty();
  }

  @Test
  void foldersThatBeginWithADotAreLeftOutAndNoted() throws IOException {
    image("cat/1.png", "dog/2.png", "..c/3.png", ".c/4.png", "cat/.d/5.png", ".hidden.png");

    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.notes())
        .containsExactly(Note.of(Note.Kind.HIDDEN_FOLDERS, folder, List.of("..c", ".c")));
  }

  @Test
  void anOutputFolderNextToTrainIsNeitherPartNorClass() throws IOException {
    image("train/cat/1.png", "train/dog/2.png", "output/runs/x/1.png");
    image("output/" + OwnOutput.MARKER);

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes()).extracting(Note::kind).containsExactly(Note.Kind.OWN_OUTPUT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"#recycle", "@eaDir", "$RECYCLE.BIN", "lost+found", ".Trash-1000", "@Recycle"})
  void wasteBinsAreNotClasses(String bin) throws IOException {
    image("cat/1.png", "dog/2.png", bin + "/3.png", "cat/" + bin + "/4.png");

    assertThat(names(Listing.of(folder))).containsExactly("1.png", "2.png");
    assertThat(Listing.of(folder).classes()).containsExactly("cat", "dog");
  }

  @Test
  void aManifestsPathMayHaveBackslashesOrBlanksAround() throws IOException {
    assumeTrue(File.separatorChar == '/');
    image("cat/1.png", "dog/2.png", "odd\\name.png", " 3.png");
    Path manifest =
        manifest(
            "m.csv",
            "path,label,split",
            "cat\\1.png,cat,Training",
            "\"  dog/2.png \",dog,",
            "odd\\name.png,dog,",
            "\" 3.png\",cat,dev");

    assertThat(names(Listing.of(manifest)))
        .containsExactlyInAnyOrder("1.png", "2.png", "odd\\name.png", " 3.png");

    Path windows = manifest("w.csv", "path,label", "D:\\photos\\1.png,cat", "dog/2.png,dog");
    assertRefused(
        windows,
        windows
            + ", line 2, has a Windows path, D:\\photos\\1.png, which does not exist here:"
            + " write paths relative to the manifest's folder.");
  }

  @Test
  void foldersNextToPartsAreIgnoredAndNamed() throws IOException {
    image("train/cat/1.png", "train/dog/2.png", "originals/3.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes())
        .containsExactly(Note.of(Note.Kind.BESIDE_PARTS, folder, List.of("originals")));
  }

  @Test
  void filesOfFileManagersAreSkippedInSilence() throws IOException {
    image("cat/1.png", "dog/2.png");
    image("cat/.hidden.png", "cat/Thumbs.db", "cat/desktop.ini", "cat/.DS_Store");
    image("__MACOSX/cat/4.png", "cat/__MACOSX/5.png", ".notes.txt");

    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.png",
        "a.JPG",
        "a.jpeg",
        "a.jpe",
        "a.JFIF",
        "a.gif",
        "a.bmp",
        "a.tif",
        "a.tiff",
        "a.WebP",
        "a b.c.jpg"
      })
  void theSuffixOfAnImageCountsWhateverTheFileContains(String name) throws IOException {
    image("dog/1.png");
    write("cat/" + name, "garbage".getBytes(UTF_8));

    assertThat(names(Listing.of(folder))).containsExactly(name, "1.png");
  }

  @Test
  void withoutAKnownSuffixTheFirstBytesCount() throws IOException {
    image("cat/0001", "cat/photo.orig", "dog/1.png");
    write("cat/0002", "BMWs are cars, this is a text of some length".getBytes(UTF_8));
    write("cat/empty", new byte[0]);
    write("cat/bitmap", new byte[] {'B', 'M', 9, 9, 9, 9, 0, 0, 0, 0, 9, 9, 9, 9, 40, 0, 0, 0});
    write("cat/webp", "RIFF????WEBPVP8 ".getBytes(UTF_8));
    write("cat/jpeg", new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xe0});
    write("cat/gif", "GIF89a".getBytes(UTF_8));
    write("cat/tiff", new byte[] {'I', 'I', '*', 0});

    Listing listing = Listing.of(folder);

    assertThat(names(listing))
        .containsExactly("0001", "bitmap", "gif", "jpeg", "photo.orig", "tiff", "webp", "1.png");
    assertThat(listing.notes())
        .containsExactly(new Note(Note.Kind.NO_IMAGES, folder, 2, 0, List.of("no suffix (2)")));
  }

  @Test
  void filesThatAreNoImagesAreCountedInOneNote() throws IOException {
    image("cat/1.png", "dog/2.png");
    image("cat/a.txt", "cat/b.TXT", "dog/c.json", "dog/d.mp4");
    image("cat/phone.HEIC", "dog/camera.cr2");
    image("readme.md", "stray.png");

    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.notes())
        .containsExactly(
            Note.of(Note.Kind.OUTSIDE_CLASSES, folder, 2, 1),
            new Note(
                Note.Kind.NO_IMAGES, folder, 4, 0, List.of(".txt (2)", ".json (1)", ".mp4 (1)")),
            Note.of(Note.Kind.HEIC, folder, 1, 0),
            Note.of(Note.Kind.UNSUPPORTED, folder, 1, 0));
  }

  @Test
  void classFoldersWithoutImagesAreNoClasses() throws IOException {
    image("cat/1.png", "dog/2.png", "notes/a.txt");
    Files.createDirectory(folder.resolve("bird"));

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes())
        .contains(Note.of(Note.Kind.EMPTY_CLASSES, folder, List.of("bird", "notes")));
  }

  @Test
  void linksAreFollowedAndAFileCountsOnceAClass() throws IOException {
    image("cat/z.png", "dog/2.png", "dog/sub/3.png");
    link("cat/a.png", folder.resolve("cat/z.png"));
    link("dog/also-sub", folder.resolve("dog/sub"));
    link("dog/cat.png", folder.resolve("cat/z.png"));
    link("mouse", folder.resolve("dog/sub"));

    Listing listing = Listing.of(folder);

    assertThat(listing.files())
        .extracting(file -> folder.relativize(file.path()) + " " + file.label())
        .containsExactly(
            "cat/z.png cat",
            "dog/2.png dog",
            "dog/cat.png dog",
            "dog/sub/3.png dog",
            "mouse/3.png mouse");
    assertThat(listing.notes()).containsExactly(Note.of(Note.Kind.DUPLICATE_LINKS, folder, 1, 0));
  }

  @Test
  void linkCyclesEnd() throws IOException {
    image("cat/1.png", "dog/sub/2.png");
    link("cat/up", folder);
    link("dog/sub/self", folder.resolve("dog"));
    link("dog/sub/here", folder.resolve("dog/sub"));
    link("all", folder);
    link("dog/knot.png", folder.resolve("dog/knot.png"));

    Listing listing = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> Listing.of(folder));

    assertThat(names(listing)).containsExactly("1.png", "knot.png", "2.png");
    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes()).containsExactly(Note.of(Note.Kind.PARENT_LINKS, folder, 3, 0));
  }

  /** {@code cd photos; fine-tune --data .}, twice. */
  @ParameterizedTest
  @ValueSource(strings = {"", "output/"})
  void outputOfGraftIsSkippedAndNoted(String output) throws IOException {
    image("cat/1.png", "dog/2.png");
    String run = output + "runs/20260101-120000-vgg16-pets/";
    image(run + "run.json", run + "recipe.yaml", run + "plots/test-0.png");
    String evaluation = output + "evaluations/20260101-130000-pets/";
    image(
        evaluation + "evaluation.json",
        evaluation + "predictions.csv",
        evaluation + "plots/mistakes.png");

    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes())
        .containsExactly(
            Note.of(
                Note.Kind.OWN_OUTPUT,
                folder,
                List.of(
                    folder.resolve(output + "evaluations").toString(),
                    folder.resolve(output + "runs").toString())));
  }

  @Test
  void aMarkedOutputIsSkippedAsAWholeAndARunsRecordAloneIsNoMark() throws IOException {
    image("cat/run.json", "cat/1.png", "dog/2.png");
    image("results/" + OwnOutput.MARKER, "results/features/1.png");

    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.notes())
        .contains(Note.of(Note.Kind.OWN_OUTPUT, folder, List.of(folder.toString())));
  }

  @Test
  void aDataFolderThatIsAlsoTheOutputFolderHasNoClassesOfItsOutput() throws IOException {
    image("cat/1.png", "dog/2.png", "dog/features/3.png");
    for (String name : OwnOutput.FOLDERS) {
      image(name + "/deep/4.png");
    }
    assertThat(Listing.of(folder).classes()).hasSize(2 + OwnOutput.FOLDERS.size());

    image(OwnOutput.MARKER);
    Listing listing = Listing.of(folder);

    assertThat(names(listing)).containsExactly("1.png", "2.png", "3.png");
    assertThat(listing.classes()).containsExactly("cat", "dog");
    assertThat(listing.notes())
        .contains(Note.of(Note.Kind.OWN_OUTPUT, folder, List.of(folder.toString())));
  }

  @Test
  void outputBesideATrainFolderInTheSameFolderIsNoted() throws IOException {
    image("train/cat/1.png", "train/dog/2.png", "fingerprints/3.png", OwnOutput.MARKER);

    assertThat(Listing.of(folder).notes())
        .extracting(Note::kind)
        .contains(Note.Kind.OWN_OUTPUT)
        .doesNotContain(Note.Kind.BESIDE_PARTS);
  }

  @Test
  void aBrokenLinkWithTheSuffixOfAnImageIsListed() throws IOException {
    image("cat/1.png", "dog/2.png");
    link("cat/gone.jpg", folder.resolve("nowhere.jpg"));
    link("cat/gone", folder.resolve("nowhere"));

    assertThat(names(Listing.of(folder))).containsExactly("1.png", "gone.jpg", "2.png");
  }

  @Test
  void aPipeIsNotOpened() throws Exception {
    image("cat/1.png", "dog/2.png");
    Path pipe = folder.resolve("cat/pipe.png");
    Process made;
    try {
      made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    } catch (IOException e) {
      assumeTrue(false, "no mkfifo here");
      return;
    }
    assumeTrue(made.waitFor() == 0);

    Listing listing = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> Listing.of(folder));

    assertThat(names(listing)).containsExactly("1.png", "2.png");
  }

  @Test
  void namesOfAnyScriptAreClassesSortedByCodePoint() throws IOException {
    assumeUtf8Names();
    image("\ud83d\ude00/1.png", "\uff5a/2.png", "日本 \"語\"/写真 '1'.png", "a, b/4.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("a, b", "日本 \"語\"", "\uff5a", "\ud83d\ude00");
    assertThat(names(listing)).containsExactly("4.png", "写真 '1'.png", "2.png", "1.png");
  }

  @Test
  void composedAndDecomposedNamesAreOneClass() throws IOException {
    assumeUtf8Names();
    image("train/caf\u00e9/1.png", "train/tea/2.png", "test/cafe\u0301/3.png");

    Listing listing = Listing.of(folder);

    assertThat(listing.classes()).containsExactly("caf\u00e9", "tea");
    assertThat(listing.files()).extracting(ImageFile::label).contains("caf\u00e9");
  }

  @Test
  void classesThatDifferInCaseOnlyAreNoted() throws IOException {
    Path manifest = manifest("m.csv", "path,label", "1.png,Cat", "2.png,cat", "3.png,dog");

    Listing listing = Listing.of(manifest);

    assertThat(listing.classes()).containsExactly("Cat", "cat", "dog");
    assertThat(listing.notes())
        .containsExactly(
            Note.of(Note.Kind.CLASSES_DIFFER_IN_CASE, manifest, List.of("Cat", "cat")));
  }

  @Test
  void aPathMayBeLongerThanOneName() throws IOException {
    String deep = ("x".repeat(100) + "/").repeat(9);
    image("cat/" + deep + "1.png", "dog/2.png");

    assertThat(names(Listing.of(folder))).containsExactly("1.png", "2.png");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "photos, photos",
        "My Photos (2024), My-Photos-2024",
        "Küche_1.2-b, Küche_1.2-b",
        "写真, 写真",
        "😀, images",
        "..., images",
        ".hidden, hidden",
        "a'b\"c, a-b-c",
        "0123456789012345678901234567890123456789tail, 0123456789012345678901234567890123456789"
      })
  void theNameFitsIntoAFolderName(String name, String expected) throws IOException {
    assumeUtf8Names();
    image(name + "/cat/1.png", name + "/dog/2.png");

    assertThat(Listing.of(folder.resolve(name)).name()).isEqualTo(expected);
    assertThat(Listing.of(folder.resolve(name).resolve("cat/..")).name()).isEqualTo(expected);
  }

  @Test
  void aManifestIsCalledAsItsFileWithoutSuffix() throws IOException {
    assertThat(Listing.of(manifest("birds 2.csv", "path,label", "1,a", "2,b")).name())
        .isEqualTo("birds-2");
  }

  @Test
  void whatCannotBeListedIsRefusedInASentence() throws IOException {
    Path missing = folder.resolve("missing");
    assertRefused(
        missing,
        missing
            + " does not exist: give a folder of class folders, or a manifest (CSV or JSON lines).");
    link("circle", folder.resolve("circle"));
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(folder.resolve("circle")))
        .withMessageStartingWith(folder.resolve("circle") + " is a link that leads nowhere: give ");

    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertRefused(empty, empty + " is empty: add a folder of images for each class.");

    image("flat/1.png", "flat/2.png", "flat/readme.txt");
    Path flat = folder.resolve("flat");
    assertRefused(
        flat,
        flat
            + " has 2 images but no class folders: move the images into one folder for each class, or write a manifest.");

    image("texts/readme.txt");
    Path texts = folder.resolve("texts");
    assertRefused(texts, texts + " has no class folders: add a folder of images for each class.");

    image("hollow/cat/readme.txt");
    Path hollow = folder.resolve("hollow");
    assertRefused(
        hollow,
        hollow
            + " has no images in its class folders (\"cat\"): add PNG, JPEG, GIF, BMP, TIFF or WebP files.");

    image("one/cat/1.png", "one/dog/readme.txt");
    Path one = folder.resolve("one");
    assertRefused(
        one,
        one
            + " has only one class with images, \"cat\" (there are none in \"dog\"); a classifier needs at least 2 classes.");
  }

  @Test
  void foldersOfAPhoneNameTheirHeicFilesAndTheRemedy() throws IOException {
    image("only/cat/IMG_1.HEIC", "only/cat/IMG_2.heif", "only/dog/IMG_3.heic");
    Path only = folder.resolve("only");
    assertRefused(
        only,
        only
            + " has no images in its class folders (\"cat\", \"dog\"): add PNG, JPEG, GIF, BMP,"
            + " TIFF or WebP files. "
            + ImageFileReader.ignoredHeic(3));

    image("mostly/cat/1.png", "mostly/dog/IMG_1.HEIC", "mostly/dog/IMG_2.HEIC");
    Path mostly = folder.resolve("mostly");
    assertRefused(
        mostly,
        mostly
            + " has only one class with images, \"cat\" (there are none in \"dog\"); a classifier"
            + " needs at least 2 classes. "
            + ImageFileReader.ignoredHeic(2));

    image("flat/IMG_1.HEIC");
    Path flat = folder.resolve("flat");
    assertRefused(
        flat,
        flat
            + " has no class folders: add a folder of images for each class. "
            + ImageFileReader.ignoredHeic(1));

    image("parts/train/cat/1.png", "parts/train/dog/IMG_1.HEIC", "parts/val/dog/2.png");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(folder.resolve("parts")))
        .withMessageContaining("\"dog\"")
        .withMessageEndingWith(" " + ImageFileReader.ignoredHeic(1));
  }

  @Test
  void partsThatDoNotFitTogetherAreRefusedInASentence() throws IOException {
    image("a/test/cat/1.png", "a/test/dog/2.png");
    Path a = folder.resolve("a");
    assertRefused(
        a, a + " has test, but no train folder: add one with a folder of images for each class.");

    image("b/train/1.png", "b/test/2.png");
    Path b = folder.resolve("b");
    assertRefused(
        b,
        b.resolve("train")
            + " has 1 image but no class folders: move the images into one folder for each class, or write a manifest.");

    image("c/train/cat/1.png", "c/train/dog/2.png", "c/test/bird/3.png", "c/val/ape/4.png");
    Path c = folder.resolve("c");
    assertRefused(
        c,
        c
            + " has classes for validation or test that it has no training images of: \"ape\", \"bird\". Add some to train, or leave these classes out.");

    image("d/train/cat/1.png", "d/val/cat/2.png", "d/validation/cat/3.png");
    Path d = folder.resolve("d");
    assertRefused(d, d + " has both val and validation, which mean the same: keep one of them.");
  }

  @Test
  void aClassFolderMustBeALineOfText() throws IOException {
    image("a/cat\nfish/1.png", "a/dog/2.png");
    Path a = folder.resolve("a");
    assertRefused(
        a,
        "A class folder in "
            + a
            + " has a label with line breaks or control characters: cat?fish. Labels are lines of a file: remove them.");
  }

  @Test
  void aCsvManifestIsReadAsInRfc4180() throws IOException {
    Path manifest =
        manifest(
            "m.csv",
            "\ufefflabel, Path ,split,size",
            "cat,\"a, b/\"\"1\"\".png\",train,3",
            "\"dog\",./x/../2.png,,4",
            "",
            "日本 😀,写真.png,Val,",
            "cat,3.png,TEST,5",
            "日本 😀,4.png,train,",
            " dog ,5.png,validation,6");
    assumeUtf8Names();

    Listing listing = Listing.of(manifest);

    assertThat(listing.files())
        .extracting(
            file ->
                folder.relativize(file.path())
                    + " | "
                    + file.label()
                    + " | "
                    + file.part().map(Part::name).orElse("-"))
        .containsExactly(
            "2.png | dog | -",
            "3.png | cat | TEST",
            "4.png | 日本 😀 | TRAIN",
            "5.png | dog | VALIDATION",
            "a, b/\"1\".png | cat | TRAIN",
            "写真.png | 日本 😀 | VALIDATION");
    assertThat(listing.classes()).containsExactly("cat", "dog", "日本 😀");
    assertThat(listing.notes())
        .contains(
            Note.of(Note.Kind.OTHER_COLUMNS, manifest, List.of("size")),
            Note.of(Note.Kind.WITHOUT_SPLIT, manifest, 1, 6));
  }

  @Test
  void linesMayEndAsOnWindows() throws IOException {
    Path manifest = folder.resolve("m.csv");
    Files.writeString(manifest, "path,label\r\n1.png,cat\r\n2.png,dog");

    assertThat(names(Listing.of(manifest))).containsExactly("1.png", "2.png");
  }

  @Test
  void jsonLinesAreReadToo() throws IOException {
    Path absolute = folder.resolve("elsewhere/3.png").toAbsolutePath();
    Path manifest =
        manifest(
            "m.jsonl",
            "\ufeff{\"path\": \"1.png\", \"label\": \"cat\", \"split\": \"train\"}",
            "",
            "{\"label\": \"dog\\u00e9\", \"path\": \"2.png\", \"split\": null, \"size\": [1, 2]}",
            "{\"path\": \"" + absolute + "\", \"label\": \"cat\", \"split\": \"test\"}");

    Listing listing = Listing.of(manifest);

    assertThat(listing.files())
        .containsExactly(
            new ImageFile(folder.resolve("1.png"), "cat", Optional.of(Part.TRAIN)),
            new ImageFile(folder.resolve("2.png"), "dog\u00e9", Optional.empty()),
            new ImageFile(absolute, "cat", Optional.of(Part.TEST)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x.png", "a/../../x.png", "..", ".", "a/.."})
  void aRelativePathStaysInTheManifestsFolder(String path) throws IOException {
    Path csv = manifest("m.csv", "path,label", "1.png,cat", path + ",dog");
    Path json =
        manifest(
            "m.jsonl",
            "{\"path\": \"1.png\", \"label\": \"cat\"}",
            "{\"path\": \"" + path + "\", \"label\": \"dog\"}");

    for (Path manifest : List.of(csv, json)) {
      assertRefused(
          manifest,
          manifest
              + (manifest.equals(csv) ? ", line 3," : ", line 2,")
              + " has a path that leads out of the manifest's folder: "
              + path
              + ". Move the image into it, or give its absolute path.");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "1.png,cat,train,4 | line 3, has 4 fields, but its first line has 3; put fields with commas in quotes.",
        "1.png,cat | line 3, has 2 fields, but its first line has 3; put fields with commas in quotes.",
        "1.png,cat,fold | line 3, has an unknown split, \"fold\": write train, val or test, or leave it empty.",
        "1.png,,train | line 3, has an empty label: every image needs a class.",
        "1.png,\"  \",train | line 3, has an empty label: every image needs a class.",
        ",cat,train | line 3, has an empty path: every image needs one.",
        "1.png,a\tb,train | line 3, has a label with line breaks or control characters: a?b. Labels are lines of a file: remove them.",
        "1.png,a\u2028b,train | line 3, has a label with line breaks or control characters: a?b. Labels are lines of a file: remove them.",
        "0.png,dog,train | line 3: remove one of them.",
        "a\u0000b.png,cat,train | line 3, has a path that cannot be a file name: a?b.png. Correct it, or remove the line."
      })
  void anInvalidRowIsRefusedByItsLine(String row, String message) throws IOException {
    Path manifest = manifest("m.csv", "path,label,split", "0.png,cat,train", row, "9.png,dog,");

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(manifest))
        .withMessageStartingWith(manifest.toString())
        .withMessageEndingWith(message.replace("line 3: remove", "lines 2 and 3: remove"));
  }

  @Test
  void aLabelOfTwoLinesInQuotesIsRefused() throws IOException {
    Path manifest = manifest("m.csv", "path,label", "0.png,cat", "1.png,\"a\nb\"");

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(manifest))
        .withMessageContaining(" has a label with line breaks or control characters: a?b.");
  }

  @Test
  void emptyAndQuotedLineBreaksCountAsLines() throws IOException {
    Path manifest =
        manifest("m.csv", "path,label", "", "\"a\nb.png\",cat", "", ",dog", "", "9.png,dog");

    assertRefused(manifest, manifest + ", line 6, has an empty path: every image needs one.");
  }

  @Test
  void aLabelHasUpTo200Characters() throws IOException {
    String longest = "é".repeat(200);
    assertThat(
            Listing.of(manifest("m.csv", "path,label", "1.png," + longest, "2.png,dog")).classes())
        .containsExactly("dog", longest);

    Path manifest = manifest("m.csv", "path,label", "1.png,e" + longest, "2.png,dog");
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(manifest))
        .withMessageStartingWith(
            manifest + ", line 2, has a label of more than 200 characters, which begins with eé");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"path\": \"2.png\" | is not JSON: ",
        "{\"path\": \"2.png\", \"path\": \"3.png\", \"label\": \"a\"} | is not JSON: Duplicate ",
        "{\"path\": \"2.png\", \"label\": \"a\"} {} | is not JSON: ",
        "[\"2.png\", \"cat\"] | is not a JSON object such as ",
        "{\"path\": \"2.png\"} | lacks \"label\": every image needs a path and a label.",
        "{\"path\": 2, \"label\": \"a\"} | has a \"path\" that is not a string: put it in quotes.",
        "{\"path\": \"2.png\", \"label\": 7} | has a \"label\" that is not a string: put it in quotes.",
        "{\"path\": \"2.png\", \"label\": null} | has a \"label\" that is not a string: put it in quotes.",
        "{\"path\": \"2.png\", \"label\": \"a\\nb\"} | has a label with line breaks or control characters: a?b.",
        "{\"path\": \"a\\u0000.png\", \"label\": \"a\"} | has a path that cannot be a file name: a?.png."
      })
  void anInvalidLineIsRefusedByItsNumber(String line, String message) throws IOException {
    Path manifest = manifest("m.jsonl", "{\"path\": \"1.png\", \"label\": \"cat\"}", "", line);

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(manifest))
        .withMessageStartingWith(manifest + ", line 3, " + message)
        .withMessageNotContaining("\n");
  }

  @Test
  void aRowThatIsRepeatedCountsOnce() throws IOException {
    Path manifest =
        manifest("m.csv", "path,label", "1.png,cat", "./1.png,cat", "1.png, cat", "2.png,dog");

    Listing listing = Listing.of(manifest);

    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.notes()).containsExactly(Note.of(Note.Kind.REPEATED_ROWS, manifest, 2, 4));
  }

  @Test
  void aPathInTwoPartsOrClassesIsRefused() throws IOException {
    Path classes = manifest("c.csv", "path,label", "1.png,cat", "2.png,dog", "1.png,dog");
    assertRefused(
        classes,
        classes + " has 1.png twice, with different labels, in lines 2 and 4: remove one of them.");

    Path parts = manifest("p.csv", "path,label,split", "1.png,cat,train", "1.png,cat,test");
    assertRefused(
        parts,
        parts + " has 1.png twice, with different splits, in lines 2 and 3: remove one of them.");
  }

  @Test
  void columnsMayHaveOtherNamesAndPathsFollowFromIds() throws IOException {
    image("train/1.png", "train/2.png");
    Path manifest = manifest("m.csv", "ID,breed,age", "1,pug,3", "2,beagle,4", "gone,pug,5");
    ReadingRules rules =
        ReadingRules.of(Optional.of("path=id, label=breed"), Optional.of("train/{id}.png"), true);
    Listing listing = Listing.of(manifest, rules);
    assertThat(names(listing)).containsExactly("1.png", "2.png", "gone.png");
    assertThat(listing.classes()).containsExactly("beagle", "pug");
    assertThat(listing.notes())
        .containsExactly(Note.of(Note.Kind.OTHER_COLUMNS, manifest, List.of("age")));
  }

  @Test
  void blanksAroundAnIdAreLeftOutUnlessAFileHasThem() throws IOException {
    image("train/1.png", "train/ 2.png", "train/2.png");
    Path manifest = manifest("m.csv", "id,label", "\" 1 \",cat", "\" 2\",dog", "\" 3\",dog");
    ReadingRules rules =
        ReadingRules.of(Optional.of("path=id"), Optional.of("train/{id}.png"), true);

    assertThat(names(Listing.of(manifest, rules))).containsExactly(" 2.png", "1.png", "3.png");
  }

  @Test
  void aManifestMayBeginWithEmptyLines() throws IOException {
    Path json =
        manifest(
            "m.jsonl",
            "\ufeff",
            "\r",
            " {\"path\": \"1.png\", \"label\": \"cat\"}",
            "{\"path\": \"2.png\", \"label\": \"dog\"}");
    assertThat(names(Listing.of(json))).containsExactly("1.png", "2.png");

    Path csv = manifest("m.csv", "", "path,label", "1.png,cat", "2.png,dog");
    assertThat(names(Listing.of(csv))).containsExactly("1.png", "2.png");

    Path wrong = manifest("wrong.jsonl", "", "{\"path\": \"1.png\"}");
    assertRefused(
        wrong, wrong + ", line 2, lacks \"label\": every image needs a path and a label.");

    Path blank = manifest("blank.jsonl", "", " ");
    assertRefused(blank, blank + " is empty: write a path and a label on each line.");
  }

  @Test
  void theOrderIsTheSameFromEveryWorkingFolder() throws IOException {
    Path absolute =
        manifest(
            "m.csv",
            "path,label",
            folder.resolve("dog/3.png") + ",dog",
            "cat/2.png,cat",
            folder.resolve("ape/1.png") + ",ape",
            "eel/4.png,ape");
    Path relative = Path.of("").toAbsolutePath().relativize(absolute);

    assertThat(names(Listing.of(absolute))).containsExactly("1.png", "2.png", "3.png", "4.png");
    assertThat(names(Listing.of(relative))).containsExactly("1.png", "2.png", "3.png", "4.png");
  }

  @Test
  void imagesToEvaluateOnNeedNoneToTrainOn() throws IOException {
    image("1.png", "2.png");
    Path manifest = manifest("test.csv", "path,label,split", "1.png,cat,test", "2.png,cat,test");
    assertRefused(
        manifest, manifest + " has no images to train on: all are for validation or test.");
    Listing listing = Listing.of(manifest, ReadingRules.DEFAULT.forEvaluation());
    assertThat(names(listing)).containsExactly("1.png", "2.png");
    assertThat(listing.classes()).containsExactly("cat");
  }

  @Test
  void malformedColumnsAreRefusedInASentence() {
    for (String columns : List.of("id", "path=", "image=id", "path=a,path=b")) {
      assertThatExceptionOfType(GraftException.class)
          .isThrownBy(() -> ReadingRules.of(Optional.of(columns), Optional.empty(), true))
          .withMessageStartingWith("columns: must be path, label or split")
          .withMessageEndingWith("not " + columns + ".");
    }
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> ReadingRules.of(Optional.empty(), Optional.of("train/{id}.jpg"), true))
        .withMessageStartingWith("path-pattern: must contain {path}");
  }

  @Test
  void loneValidationImagesAreTheTest() throws IOException {
    image("train/cat/1.png", "train/dog/1.png", "val/cat/2.png");
    Listing listing = Listing.of(folder).withValidationAsTest(folder);
    assertThat(listing.files()).noneMatch(f -> f.part().equals(Optional.of(Part.VALIDATION)));
    assertThat(listing.files()).filteredOn(f -> f.part().equals(Optional.of(Part.TEST))).hasSize(1);
    assertThat(listing.notes())
        .containsExactly(
            Note.of(Note.Kind.NOT_IN_TEST, folder, List.of("dog")),
            Note.of(Note.Kind.VALIDATION_AS_TEST, folder, 1, 3));
    image("test/dog/3.png");
    Listing whole = Listing.of(folder);
    assertThat(whole.withValidationAsTest(folder)).isSameAs(whole);
  }

  @Test
  void aFileThatIsNoManifestIsRefusedInASentence() throws IOException {
    assertNoManifest(
        manifest("a.csv", "file;class", "1.png;cat"),
        "its first line must name the columns path and label, separated by a comma, but is \"file;class\";"
            + " if its columns have other names, set columns, such as path=id,label=breed.");
    assertNoManifest(
        manifest("b.csv", "path,label,label"), "its first line names the column label twice.");
    assertNoManifest(
        write("c.csv", "path,label\nx,caf\u00e9".getBytes(ISO_8859_1)),
        "it is not in UTF-8; if it is a table, save it as \"CSV UTF-8\".");
    assertNoManifest(
        write("photo.png", PNG), "it is not in UTF-8; if it is a table, save it as \"CSV UTF-8\".");
    assertNoManifest(
        manifest("d.json", "[", "{\"path\": \"1.png\"}]"),
        "it begins with a JSON array; write one object on each line instead.");
    assertNoManifest(
        manifest("e.csv", "path,label", "x".repeat(100_001) + ",cat"),
        "a line in it is longer than 100,000 characters.");

    Path empty = write("f.csv", new byte[0]);
    assertRefused(empty, empty + " is empty: write a path and a label on each line.");
    Path header = manifest("g.csv", "path,label");
    assertRefused(header, header + " lists no images: write a path and a label on each line.");
  }

  @Test
  void aQuoteThatIsNeverClosedIsRefused() throws IOException {
    Path open = manifest("m.csv", "path,label", "1.png,\"cat", "2.png,dog");

    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(open))
        .withMessageStartingWith(open + ", line ")
        .withMessageEndingWith(", is not CSV: " + Csv.PROBLEM);
  }

  @Test
  void aManifestNeedsTrainingImagesOfEveryClass() throws IOException {
    Path test = manifest("t.csv", "path,label,split", "1.png,cat,test", "2.png,dog,test");
    assertRefused(test, test + " has no images to train on: all are for validation or test.");

    Path other =
        manifest("o.csv", "path,label,split", "1.png,cat,", "2.png,dog,train", "3.png,ape,val");
    assertRefused(
        other,
        other
            + " has classes for validation or test that it has no training images of: \"ape\". Add some to train, or leave these classes out.");
  }

  private static void assumeUtf8Names() {
    assumeTrue(
        System.getProperty("sun.jnu.encoding").equalsIgnoreCase("UTF-8"),
        "file names are not in UTF-8 here");
  }

  private void image(String... names) throws IOException {
    for (String name : names) {
      write(name, PNG);
    }
  }

  private Path write(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private void link(String name, Path target) throws IOException {
    Path link = folder.resolve(name);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, target);
  }

  private Path manifest(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private static String name(ImageFile file) {
    return file.path().getFileName().toString();
  }

  private static List<String> names(Listing listing) {
    return listing.files().stream().map(ListingTest::name).toList();
  }

  private static void assertNoManifest(Path file, String why) {
    assertRefused(file, file + " is not a manifest (CSV or JSON lines): " + why);
  }

  private static void assertRefused(Path data, String message) {
    assertThatExceptionOfType(GraftException.class)
        .isThrownBy(() -> Listing.of(data))
        .withMessage(message);
  }
}
