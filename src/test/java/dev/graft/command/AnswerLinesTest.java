package dev.graft.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.command.AnswerLines.Named;
import dev.graft.inference.TopClass;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AnswerLinesTest {
  private static final List<TopClass> BEST =
      List.of(
          new TopClass(436, "n02814533 beach wagon, \"estate\"", 0.4375f),
          new TopClass(7, "車", 0x1p-23f));

  private static AnswerLines.Ranked found(List<TopClass> best) {
    return new AnswerLines.Ranked(best, OptionalDouble.empty(), Optional.empty());
  }

  @Test
  void imageNetClassesHaveWordNetIdsAndOthersTheirNames() {
    assertThat(BEST.stream().map(Named::of))
        .containsExactly(
            new Named(436, "n02814533", "beach wagon, \"estate\"", 0.4375),
            new Named(7, "車", "車", 0x1p-23));
  }

  @Test
  void textHasTheImageNameAndOneLinePerClass() {
    assertThat(new AnswerLines.Text().answer("my car.png", found(BEST)))
        .containsExactly(
            "my car.png", "   43.75 %  n02814533  beach wagon, \"estate\"", "    0.00 %  車");
    assertThat(new AnswerLines.Text().failure("a.png", "why")).isEmpty();
  }

  @Test
  void jsonHasOneObjectPerLine() {
    assertThat(new AnswerLines.Json("mine").answer("a \"b\".png", found(BEST.subList(0, 1))))
        .containsExactly(
            "{\"image\":\"a \\\"b\\\".png\",\"model\":\"mine\",\"predictions\":[{\"index\":436,"
                + "\"id\":\"n02814533\",\"name\":\"beach wagon, \\\"estate\\\"\","
                + "\"probability\":0.4375}]}");
    assertThat(new AnswerLines.Json("mine").failure("😀.png", "why"))
        .containsExactly("{\"image\":\"😀.png\",\"error\":\"why\"}");
  }

  @Test
  void controlCharactersAreReplacedInTextAndEscapedInJson() {
    String name = "a\u202egnp\u009b1m\udb40\udc01.png";
    assertThat(new AnswerLines.Text().answer("x\n 99 %  cat\u001b[2J", found(List.of())))
        .containsExactly("x? 99 %  cat?[2J");
    assertThat(new AnswerLines.Json("mine").failure(name, "why"))
        .containsExactly(
            "{\"image\":\"a\\u202egnp\\u009b1m\\udb40\\udc01.png\",\"error\":\"why\"}");
  }

  @Test
  void csvHasOneRowPerImageWithAllColumns() {
    AnswerLines csv = new AnswerLines.Rows(3, false);
    assertThat(csv.head())
        .containsExactly(
            "image,error,top1_id,top1_name,top1_probability,top2_id,top2_name,top2_probability,"
                + "top3_id,top3_name,top3_probability");
    assertThat(csv.answer("a, \"b\"\nc.png", found(BEST)))
        .containsExactly(
            "\"a, \"\"b\"\"\nc.png\",,n02814533,\"beach wagon, \"\"estate\"\"\",0.4375,"
                + "車,車,1.1920928955078125E-7,,,");
    assertThat(csv.failure("a.png", "no, \"why\""))
        .containsExactly("a.png,\"no, \"\"why\"\"\",,,,,,,,,");
  }

  @Test
  void aRejectedImageHasNoClassesButItsTypicality() {
    var rejected = new AnswerLines.Ranked(List.of(), OptionalDouble.of(0.03), Optional.empty());
    assertThat(new AnswerLines.Text().answer("a.png", rejected))
        .containsExactly("a.png", "  none of these");
    assertThat(new AnswerLines.Json("mine").answer("a.png", rejected))
        .containsExactly(
            "{\"image\":\"a.png\",\"model\":\"mine\",\"predictions\":[],\"typicality\":0.03}");
    AnswerLines csv = new AnswerLines.Rows(1, true);
    assertThat(csv.head())
        .containsExactly("image,error,top1_id,top1_name,top1_probability,typicality");
    assertThat(csv.answer("a.png", rejected)).containsExactly("a.png,,,,,0.03");
    assertThat(csv.failure("a.png", "why")).containsExactly("a.png,why,,,,");
  }

  @Test
  void textSaysWhichImagesAreUnlikeTheTrainingImages() {
    List<TopClass> best = List.of(new TopClass(0, "cat", 0.5f));
    assertThat(
            new AnswerLines.Text()
                .answer(
                    "a.png",
                    new AnswerLines.Ranked(best, OptionalDouble.of(0.009), Optional.empty())))
        .containsExactly("a.png", "   50.00 %  cat", "  unlike the training images");
    assertThat(
            new AnswerLines.Text()
                .answer(
                    "a.png",
                    new AnswerLines.Ranked(best, OptionalDouble.of(0.01), Optional.empty())))
        .containsExactly("a.png", "   50.00 %  cat");
  }

  @Test
  void summaryCountsAllFailuresAndShowsFiveReasons() {
    Failures failures = new Failures();
    assertThat(failures.isEmpty()).isTrue();
    assertThat(failures.summary(3)).isEmpty();
    failures.add("1.png is empty.");
    assertThat(failures.summary(1)).containsExactly("1.png is empty.");
    IntStream.rangeClosed(2, 1007).forEach(i -> failures.add(i + ".png is empty."));
    assertThat(failures.isEmpty()).isFalse();
    assertThat(failures.summary(2000))
        .containsExactly(
            "1,007 of 2,000 images could not be read:",
            "  1.png is empty.",
            "  2.png is empty.",
            "  3.png is empty.",
            "  4.png is empty.",
            "  5.png is empty.",
            "  and 1,002 more; --json and --csv list them all.");
  }
}
