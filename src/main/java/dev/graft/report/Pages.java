package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.io.WholeFile;
import dev.graft.picture.Picture;
import freemarker.template.Configuration;
import freemarker.template.DefaultObjectWrapper;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateModelException;
import freemarker.template.Version;
import java.awt.Rectangle;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Pages that are one file each and load nothing: they open from a mail's attachment, on a phone, in
 * the dark and on paper. Their templates lie beside this class among the resources; whatever they
 * show is escaped.
 */
public final class Pages {
  /** Classes that a confusion matrix has room for; of more the most confused are shown. */
  public static final int MOST_CLASSES = 30;

  /** Pictures of a kind. */
  public static final int MOST_PICTURES = 20;

  /**
   * Accuracy of the Keras notebook that conf/notebook.yaml repeats, on CIFAR-10's test pictures.
   */
  public static final double NOTEBOOK = 0.6277;

  /** Greatest side of a picture, in pixels. */
  public static final int PICTURE_SIDE = 128;

  private static final Configuration TEMPLATES = templates();

  private Pages() {}

  /** Whether a run is what that notebook did: pretrained VGG16 on all of CIFAR-10. */
  public static boolean isTheNotebooksJob(String backbone, String data, boolean pretrained) {
    return backbone.equals("vgg16") && data.equals("cifar10") && pretrained;
  }

  /** A row of the network's table. */
  public record Layer(String name, String type, String output, long parameters, boolean trained) {}

  /**
   * A picture with what was said of it.
   *
   * @param image its content, as a page holds it
   * @param place where it is, for people
   */
  public record Shown(
      String image, String place, String truth, String predicted, float probability) {
    public static Shown of(
        Picture picture, String place, String truth, String predicted, float probability) {
      FittedPicture fitted =
          new FittedPicture(picture, new Rectangle(0, 0, PICTURE_SIDE, PICTURE_SIDE));
      try {
        String bytes = Base64.getEncoder().encodeToString(Charts.png(fitted.image()));
        return new Shown("data:image/png;base64," + bytes, place, truth, predicted, probability);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * All that the page of a run shows.
   *
   * @param layers of its network
   * @param boundary number of layers before the freeze boundary
   * @param mistakes the most confident ones
   * @param hits the least certain ones
   * @param missing why there are no pictures, where there are none
   */
  public record Run(
      RunFiles files,
      List<Layer> layers,
      int boundary,
      List<Shown> mistakes,
      List<Shown> hits,
      Optional<String> missing) {
    public List<Curves> curves() {
      return curvesOf(List.of(files));
    }
  }

  /** Loss and accuracy of some runs over each other. */
  static List<Curves> curvesOf(List<RunFiles> runs) {
    return List.of(
        Curves.of("loss", series(runs, true)), Curves.of("accuracy", series(runs, false)));
  }

  private static List<Curves.Series> series(List<RunFiles> runs, boolean loss) {
    return runs.stream()
        .flatMap(
            run -> {
              String of = runs.size() == 1 ? "" : ", " + run.name();
              return List.of(
                  new Curves.Series(
                      "training" + of,
                      run.history(),
                      epoch -> loss ? epoch.trainLoss() : epoch.trainAccuracy()),
                  new Curves.Series(
                      "validation" + of,
                      run.history(),
                      epoch -> loss ? epoch.validationLoss() : epoch.validationAccuracy()))
                  .stream();
            })
        .toList();
  }

  /** Writes the page of a run. */
  public static void write(Path file, Run run) {
    write(file, "run.ftlh", run);
  }

  /** Writes the page of several runs. */
  public static void write(Path file, Comparison comparison) {
    write(file, "comparison.ftlh", comparison);
  }

  private static void write(Path file, String template, Object page) {
    StringWriter html = new StringWriter();
    try {
      TEMPLATES.getTemplate(template).process(Map.of("page", page), html);
      WholeFile.write(file, html.toString());
    } catch (IOException e) {
      throw new GraftException("Cannot write the page " + file + " (" + e + ").", e);
    } catch (TemplateException e) {
      throw new IllegalStateException(e);
    }
  }

  /** By their names' ending, {@code .ftlh}, all that they show is made harmless in HTML. */
  private static Configuration templates() {
    Version version = Configuration.VERSION_2_3_34;
    Configuration templates = new Configuration(version);
    DefaultObjectWrapper wrapper = new DefaultObjectWrapper(version);
    templates.setObjectWrapper(wrapper);
    templates.setClassForTemplateLoading(Pages.class, "");
    templates.setDefaultEncoding(StandardCharsets.UTF_8.name());
    templates.setLocale(Locale.ROOT);
    templates.setNumberFormat("computer");
    templates.setLogTemplateExceptions(false);
    templates.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
    try {
      templates.setSharedVariable("pages", wrapper.getStaticModels().get(Pages.class.getName()));
    } catch (TemplateModelException e) {
      throw new IllegalStateException(e);
    }
    return templates;
  }

  // What templates say with.

  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  public static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
