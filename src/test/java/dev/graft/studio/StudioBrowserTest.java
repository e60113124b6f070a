package dev.graft.studio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.output.OutputFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in Chromium; skipped if Chromium is not installed. */
@Tag("engine")
class StudioBrowserTest {
  private static final int RED = 0xc04040;
  private static final int BLUE = 0x4040c0;

  @TempDir private Path temporary;
  private Path folder;
  private Studio studio;

  /** One browser for all tests; each studio has another port, so pages share no storage. */
  private static Chromium chromium;

  @BeforeAll
  static void openBrowser() throws IOException {
    Optional<Path> binary = Chromium.find();
    assumeTrue(binary.isPresent(), "There is no Chromium: apt-get install chromium");
    chromium = new Chromium(binary.get());
  }

  @AfterAll
  static void closeBrowser() throws IOException {
    if (chromium != null) {
      chromium.close();
    }
  }

  @BeforeEach
  void open() throws IOException {
    folder = temporary.resolve("taught");
    start(0);
    chromium.resize(1280, 900);
    openPage();
  }

  private void start(int port) throws IOException {
    studio = new Studio(folder, new OutputFolder(temporary.resolve("output")), port);
  }

  private void openPage() {
    chromium.open(studio.address());
    chromium.await("document.getElementById('folder').textContent");
  }

  @AfterEach
  void close() throws IOException {
    try {
      assertThat(chromium.problems()).isEmpty();
      assertThat(chromium.requests())
          .allMatch(each -> each.matches("(about|data|blob):.*|" + studio.address() + ".*"));
    } finally {
      chromium.leave();
      studio.close();
    }
  }

  private List<Path> files(String name, int color, int from, int to) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = from; i < to; i++) {
      Path file = temporary.resolve(name + i + ".png");
      Files.write(file, TestImages.png(i, color));
      files.add(file);
    }
    return files;
  }

  private List<Path> sample(String label, int count) throws IOException {
    List<Path> files = new ArrayList<>();
    for (byte[] image : TestImages.sample(label, count)) {
      files.add(Files.write(temporary.resolve(label + files.size() + ".png"), image));
    }
    return files;
  }

  private void teach(String name, int color, int images) throws IOException {
    teach(name, files(name, color, 0, images));
  }

  /** Creates a class by keyboard, and chooses files for it. */
  private void teach(String name, List<Path> images) {
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("n");
    chromium.type(name);
    chromium.press("Enter");
    chromium.await(
        "document.querySelector('.class[aria-pressed=true]')?.textContent === '" + name + "0'");
    chromium.choose("#files", images);
    chromium.await(count(name) + " === '" + images.size() + "'");
  }

  private static String count(String name) {
    return "document.querySelector('[data-class=\"" + name + "\"] .count').textContent";
  }

  @Test
  void fromEmptyClassesToAnExportedModelThatAnswersRight() throws IOException {
    List<Path> cars = sample("automobile", 41);
    teach("cat", sample("cat", 40));
    teach("ship", sample("ship", 40));
    teach("自動車", cars.subList(0, 40));
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("t");
    chromium.await("!document.getElementById('result').hidden", 240);
    assertThat(chromium.evaluate("document.getElementById('accuracy').textContent").asText())
        .contains("Accuracy", "95 % interval", "cross-validation of 120 images");
    // The convex head has no epochs, and so no curve.
    assertThat(chromium.evaluate("document.getElementById('curve').hasAttribute('hidden')"))
        .hasToString("true");
    assertThat(chromium.evaluate("document.querySelectorAll('#confusion tbody td').length").asInt())
        .isEqualTo(9);

    chromium.click("#live"); // the fake camera
    chromium.await("document.getElementById('speed').textContent.includes('images/s')");
    chromium.click("#live");
    chromium.choose("#try-file", cars.subList(40, 41));
    chromium.await("document.querySelector('#answer th')?.textContent === '自動車'");

    String export = "fetch(document.querySelector('#parcels a').href).then(a => a.arrayBuffer())";
    assertThat(chromium.evaluate(export + ".then(a => a.byteLength)").asInt()).isGreaterThan(1000);
    chromium.evaluate("document.querySelector('#parcels a').href = '/api/export?format=none'");
    chromium.click("#parcels a");
    chromium.await("document.getElementById('status').textContent.includes('format')");
    checkAccessibility();
    chromium.dark(true);
    checkAccessibility();
    chromium.dark(false);
    checkThatNothingIsWiderThanTheScreen("en");
    chromium.click("#language");
    chromium.await("document.documentElement.lang === 'ja'");
    assertThat(chromium.evaluate("document.getElementById('accuracy').textContent").asText())
        .contains("正解率", "交差検証");
    assertThat(chromium.evaluate("document.querySelector('#train').textContent").asText())
        .isEqualTo("学習する");
    checkThatNothingIsWiderThanTheScreen("ja");
  }

  /**
   * At both widths; makes the images of docs/studio.md if {@code GRAFT_SCREENSHOTS} is a folder.
   */
  private void checkThatNothingIsWiderThanTheScreen(String language) throws IOException {
    chromium.evaluate("document.getElementById('status').textContent = ''");
    for (int width : new int[] {1280, 390}) {
      chromium.resize(width, width == 390 ? 1500 : 900);
      assertThat(chromium.evaluate("document.documentElement.scrollWidth").asInt())
          .isLessThanOrEqualTo(width);
      String folder = System.getenv("GRAFT_SCREENSHOTS");
      if (folder != null) {
        Chromium.pause(1500); // thumbnails
        Path file = Path.of(folder, "studio-" + language + "-" + width + ".jpg");
        Files.write(file, chromium.screenshot());
      }
    }
    chromium.resize(1280, 900);
  }

  private void checkAccessibility() {
    try (InputStream in =
        Objects.requireNonNull(StudioBrowserTest.class.getResourceAsStream("axe.min.js"))) {
      chromium.evaluate(new String(in.readAllBytes(), StandardCharsets.UTF_8) + "; 0");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    JsonNode serious =
        chromium.evaluate(
            "axe.run().then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
                + ".map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' ')))");
    assertThat(serious).isEmpty();
  }

  @Test
  void oneKeyDecidesOnALabelThatIsProbablyWrong() throws IOException {
    teach("blue", BLUE, 20);
    List<Path> images = files("red", RED, 100, 120);
    images.addAll(files("wrong", BLUE, 200, 203));
    teach("red", images);
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("t");
    chromium.await("document.querySelectorAll('#mistakes li').length >= 3", 240);
    String doubtful =
        "new Set([...document.querySelectorAll('.review li p')]"
            + ".map(each => each.textContent.split(' ')[0])).size";
    int all = chromium.evaluate(doubtful).asInt();
    chromium.press("r");
    String focused = "document.activeElement.closest('li').querySelector('p').textContent";
    assertThat(chromium.evaluate(focused).asText()).startsWith("red/wrong").contains("blue");
    chromium.press("m");
    chromium.await(count("blue") + " === '21'");
    chromium.await(doubtful + " === " + (all - 1));
    chromium.await("document.activeElement.closest('.review')"); // the next one follows
    String kept = chromium.evaluate(focused).asText().split(" ", -1)[0];
    chromium.press("k");
    chromium.await(doubtful + " === " + (all - 2));
    assertThat(chromium.evaluate(count("red")).asText()).isEqualTo("22");
    chromium.await("document.activeElement.closest('.review')");
    chromium.press("x");
    chromium.await(doubtful + " === " + (all - 3));
    chromium.await("Number(" + count("red") + ") + Number(" + count("blue") + ") === 42");
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("z");
    chromium.await(doubtful + " === " + (all - 2));
    chromium.press("z");
    chromium.await(doubtful + " === " + (all - 1));
    chromium.press("y");
    chromium.await(doubtful + " === " + (all - 2));

    checkThatTheNextKeyDeletesNothing(doubtful);
    checkThatACellShowsItsMistakesUntilTheFilterEnds();

    chromium.click("[data-class=\"blue\"]"); // kept labels are not forgotten
    chromium.press("t");
    chromium.await("document.getElementById('changed').textContent.includes('Change:')", 240);
    chromium.await("!document.getElementById('trainings').hasAttribute('hidden')");
    assertThat(chromium.evaluate("document.querySelector('#result').textContent").asText())
        .doesNotContain(kept);
  }

  /** At the end of the review, the key for the selection of the gallery would be next. */
  private void checkThatTheNextKeyDeletesNothing(String doubtful) {
    String images = "Number(" + count("red") + ") + Number(" + count("blue") + ")";
    int before = chromium.evaluate(images).asInt();
    chromium.evaluate("document.getElementById('gallery').focus()");
    chromium.press(" ");
    chromium.await("document.querySelector('.cell[aria-selected=true]')");
    chromium.press("r");
    int rows = chromium.evaluate(doubtful).asInt();
    for (int left = rows - 1; left >= 0; left--) {
      chromium.press("x");
      chromium.await(doubtful + " === " + left);
    }
    chromium.press("x");
    chromium.press("m");
    Chromium.pause(500);
    assertThat(chromium.evaluate("document.activeElement.id").asText()).isEqualTo("review-title");
    assertThat(chromium.evaluate(images).asInt()).isEqualTo(before - rows);
    for (int i = 1; i <= rows; i++) {
      chromium.press("z");
      chromium.await(doubtful + " === " + i);
    }
  }

  private void checkThatACellShowsItsMistakesUntilTheFilterEnds() throws IOException {
    String filter = "document.getElementById('filter')";
    String note = "document.getElementById('note').textContent";
    chromium.click("[data-class=\"red\"]");
    chromium.click("#confusion button");
    chromium.await("!" + filter + ".hidden && " + filter + ".textContent.startsWith('true ')");
    chromium.click("[data-class=\"red\"]");
    chromium.await(filter + ".hidden && " + note + ".startsWith('red: ')");
    chromium.click("#confusion button");
    chromium.await("!" + filter + ".hidden");
    chromium.press("Escape");
    chromium.await(filter + ".hidden && " + note + ".startsWith('red: ')");

    chromium.click("[aria-label=\"Rename: red\"]");
    chromium.type("blue");
    chromium.press("Enter");
    chromium.await("document.getElementById('question-problem').textContent.includes('already')");
    chromium.type("rose");
    chromium.press("Enter");
    chromium.await("document.getElementById('outdated').textContent.includes('red')");
    assertThat(chromium.evaluate("document.getElementById('suspects-note').textContent").asText())
        .contains("moved, renamed");
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("z");
    chromium.await("document.getElementById('outdated').textContent === ''");
  }

  @Test
  void allImagesOfALargeClassAreSelectedAndMovedInSteps() throws IOException {
    byte[] image = TestImages.png(1, RED);
    Path home = Files.createDirectories(folder.resolve("red"));
    Files.createDirectories(folder.resolve("blue"));
    for (int i = 0; i < 1100; i++) {
      Files.write(home.resolve("写真".repeat(20) + i + ".png"), image);
    }
    chromium.await(count("red") + " === '1100'");
    chromium.click("[data-class=\"red\"]");
    chromium.await("document.getElementById('note').textContent.startsWith('red: 1100')");
    // Ctrl+A
    chromium.evaluate(
        "document.getElementById('gallery').dispatchEvent("
            + "new KeyboardEvent('keydown', { key: 'a', ctrlKey: true, cancelable: true }))");
    chromium.await("document.getElementById('selected').textContent.startsWith('1100 ')");
    chromium.evaluate("document.getElementById('gallery').focus()");
    chromium.press("1"); // blue
    chromium.await(count("blue") + " === '1100'");
    chromium.await("document.getElementById('status').textContent.startsWith('Done: 5 of 5')");
    chromium.await("document.getElementById('selected').textContent === ''");
  }

  @Test
  void aHiddenPageLeavesItsConnectionToOthers() throws IOException {
    teach("red", RED, 1);
    hide(true);
    Files.createDirectories(folder.resolve("blue"));
    Chromium.pause(5000); // longer than it takes to notice
    assertThat(chromium.evaluate("document.querySelectorAll('.class').length").asInt())
        .isEqualTo(1);
    hide(false);
    chromium.await("document.querySelectorAll('.class').length === 2");
  }

  private void hide(boolean hidden) {
    chromium.evaluate(
        "Object.defineProperty(document, 'hidden', { value: "
            + hidden
            + ", configurable: true }); document.dispatchEvent(new Event('visibilitychange'))");
  }

  @Test
  void anImagePastedUnderThePointerIsTriedAndNotStored() throws IOException {
    teach("red", RED, 1);
    String paste =
        "fetch('/api/images/thumbnail?path=red/red0.png&v=0').then(a => a.blob()).then(blob => {"
            + " const data = new DataTransfer();"
            + " data.items.add(new File([blob], 'pasted.png', { type: 'image/png' }));"
            + " document.dispatchEvent("
            + "new ClipboardEvent('paste', { clipboardData: data, cancelable: true })); })";
    chromium.evaluate(paste);
    chromium.await(count("red") + " === '2'");
    chromium.pointAt("#try-title");
    chromium.await("document.getElementById('trying').matches(':hover')");
    chromium.evaluate(paste);
    chromium.await("document.getElementById('try-problem').textContent.includes('train first')");
    assertThat(chromium.evaluate(count("red")).asText()).isEqualTo("2");
  }

  @Test
  void theStudiosErrorsAreInThePagesLanguage() throws IOException {
    teach("red", RED, 1);
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("t");
    String status = "document.getElementById('status').textContent";
    chromium.await(status + ".startsWith('Training needs two classes or more, each with at')");
    chromium.click("#language");
    chromium.press("t");
    chromium.await(status + ".startsWith('学習には 2 つ以上のクラスと、クラスごとに 3 枚以上')");
    chromium.press("n");
    chromium.type("red");
    chromium.press("Enter");
    String besideTheName = "document.getElementById('name-problem').textContent";
    chromium.await(besideTheName + " === 'この名前のクラスはすでにあります。'");
    chromium.type("s");
    chromium.await(besideTheName + " === ''");
    Path text = Files.writeString(temporary.resolve("text.png"), "not an image");
    chromium.choose("#files", List.of(text));
    chromium.await(status + ".includes('画像として読めない')");
  }

  @Test
  void imagesAreMovedDeletedAndUndoneByKeyboard() throws IOException {
    teach("red", RED, 3);
    teach("blue", BLUE, 2);
    chromium.click("[data-class=\"red\"]");
    chromium.await("document.querySelectorAll('.cell').length === 3");
    chromium.evaluate("document.activeElement.blur()");
    chromium.press("g");
    chromium.press(" ");
    chromium.await("document.querySelector('.cell[aria-selected=true]')");
    chromium.press("1"); // classes are sorted: blue
    chromium.await(count("blue") + " === '3'");
    chromium.await(count("red") + " === '2'");
    chromium.press("z");
    chromium.await(count("blue") + " === '2'");
    chromium.press("ArrowRight");
    chromium.press(" ");
    chromium.press("Delete");
    chromium.await(count("red") + " === '2'");
    chromium.await("document.getElementById('binned').textContent.includes('1')");
    chromium.press("z");
    chromium.await(count("red") + " === '3'");
    chromium.press("y");
    chromium.await(count("red") + " === '2'");
    chromium.press("?");
    chromium.await("document.getElementById('sheet').open");
  }

  @Test
  void foldersBecomeClasses() throws IOException {
    teach("red", RED, 2);
    chromium.evaluate(
        """
        (async () => {
          const { take } = await import('/intake.js');
          const canvas = document.createElement('canvas');
          canvas.width = canvas.height = 8;
          const image = await new Promise(done => canvas.toBlob(done));
          const given = [['RED', 'a.png'], ['cafe\\u0301', 'b.png'], ['con', 'c.png']];
          await take(given.map(([folder, name]) => ({ folder, file: new File([image], name, { type: 'image/png' }) })));
        })()""");
    chromium.await(count("red") + " === '3'");
    chromium.await(count("caf\u00e9") + " === '1'");
    chromium.await("document.getElementById('status').textContent.includes('con/c.png')");
  }

  @Test
  void theCameraRecordsWhileAButtonIsHeld() throws IOException {
    teach("red", RED, 1);
    chromium.click("#camera");
    chromium.await("document.getElementById('video').videoWidth");
    chromium.evaluate("document.getElementById('record').dispatchEvent(new Event('pointerdown'))");
    chromium.await("Number(" + count("red") + ") >= 5");
    chromium.evaluate("document.getElementById('record').dispatchEvent(new Event('pointerup'))");
    Chromium.pause(700);
    int recorded = chromium.evaluate("Number(" + count("red") + ")").asInt();
    Chromium.pause(700);
    assertThat(chromium.evaluate("Number(" + count("red") + ")").asInt()).isEqualTo(recorded);
    chromium.click("#undo"); // the whole recording
    chromium.await(count("red") + " === '1'");
  }

  @Test
  void theOpenPageGoesOnAfterARestart() throws IOException {
    teach("red", RED, 3);
    int port = URI.create(studio.address()).getPort();
    studio.close();
    chromium.await("document.getElementById('status').textContent.includes('does not answer')");
    Files.write(folder.resolve("red/from-elsewhere.png"), TestImages.png(50, RED));
    start(port);
    chromium.await(count("red") + " === '4'"); // noticed, without a click
    chromium.choose("#files", files("more", RED, 10, 12)); // with the new token
    chromium.await(count("red") + " === '6'");
  }

  @Test
  void twentyThousandImagesScroll() throws IOException {
    byte[] image = TestImages.png(1, RED);
    for (int label = 0; label < 20; label++) {
      Path home = Files.createDirectories(folder.resolve("class " + label));
      for (int i = 0; i < 1000; i++) {
        Files.write(home.resolve(i + ".png"), image);
      }
    }
    chromium.await("document.querySelectorAll('.class').length === 20");
    chromium.await("document.getElementById('note').textContent.includes('20000')");
    assertThat(chromium.evaluate("document.querySelectorAll('.cell').length").asInt())
        .isBetween(10, 300);
    // The listing is loaded again, and its first page arrives after the last one.
    chromium.evaluate(
        """
        window.fetch = (ask => async (path, options) => {
          if (String(path).includes('offset=0')) await new Promise(done => setTimeout(done, 2000));
          return ask(path, options);
        })(window.fetch);
        document.getElementById('show').dispatchEvent(new Event('change'));
        document.getElementById('gallery').scrollTop = 1e9;
        new Promise(done => setTimeout(done, 3000));""");
    chromium.await("document.querySelector('[aria-posinset=\"20000\"] img')?.naturalWidth");
    assertThat(chromium.evaluate("document.querySelectorAll('.cell').length").asInt())
        .isBetween(10, 300);
    Runtime machine = Runtime.getRuntime();
    System.gc();
    assertThat(machine.totalMemory() - machine.freeMemory()).isLessThan(256L << 20);
  }
}
