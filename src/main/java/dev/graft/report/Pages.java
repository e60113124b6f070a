package dev.graft.report;

import dev.graft.GraftException;
import dev.graft.evaluation.ClassFigures;
import dev.graft.evaluation.Evaluation;
import dev.graft.evaluation.History;
import dev.graft.io.AtomicFiles;
import dev.graft.report.CurveChart.Metric;
import dev.graft.util.Messages;
import dev.graft.util.Names;
import freemarker.template.Configuration;
import freemarker.template.DefaultObjectWrapper;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateModelException;
import freemarker.template.Version;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * HTML pages. Each is one file that loads nothing, so that it can be sent by mail, opened on a
 * phone, read in dark mode and printed. Their FreeMarker templates are resources of this package;
 * all values in them are escaped.
 */
public final class Pages {
  /** Maximum number of images in a section. */
  public static final int MAX_IMAGES = 20;

  /** Maximum number of rows in the table of classes. */
  public static final int MAX_CLASSES = 500;

  /** Maximum number of classes in the confusion matrix. */
  public static final int MAX_MATRIX = ConfusionChart.MAX_CLASSES;

  /** Maximum number of rows in the table of confused pairs. */
  public static final int MAX_PAIRS = 100;

  /** Test accuracy on CIFAR-10 of the Keras notebook that conf/notebook.yaml repeats. */
  public static final double NOTEBOOK = 0.6277;

  private static final Configuration TEMPLATES = templates();

  private Pages() {}

  /** Returns whether a run repeats the notebook's job: pretrained VGG16 on all of CIFAR-10. */
  public static boolean isTheNotebooksJob(String backbone, String data, boolean pretrained) {
    return backbone.equals("vgg16") && data.equals("cifar10") && pretrained;
  }

  /** A row of the network's table. */
  public record Layer(String name, String type, String output, long parameters, boolean trained) {}

  /**
   * The content of a run's page.
   *
   * @param boundary number of layers before the freeze boundary
   * @param mistakes the most confident mistakes
   * @param unsure the least confident correct predictions
   * @param farthest the test images least like the training images
   * @param missing the reason if images are missing
   */
  public record Run(
      RunFiles files,
      List<Layer> layers,
      int boundary,
      List<Example> mistakes,
      List<Example> unsure,
      List<Example> farthest,
      Optional<String> missing) {
    public List<String> curves() {
      return Pages.curves(Map.of("", files.history()), Map.of());
    }

    public String confusion() {
      return ConfusionChart.of(files.evaluation().confusion()).svg();
    }

    public String calibration() {
      return CalibrationChart.of(files.uncalibrated(), files.evaluation().calibration()).svg();
    }

    /** Returns the histogram of typicality; empty for runs of earlier versions. */
    public String typicality() {
      List<Double> all = files.typicality();
      return all.isEmpty() ? "" : TypicalityChart.of(all).svg();
    }

    /** Returns the classes: all, or of very many those with the most mistakes. */
    public List<ClassFigures> classes() {
      Evaluation evaluation = files.evaluation();
      List<ClassFigures> all = evaluation.perClass();
      return all.size() <= MAX_CLASSES
          ? all
          : evaluation.confusion().mostConfused().limit(MAX_CLASSES).mapToObj(all::get).toList();
    }
  }

  /**
   * Draws loss and accuracy of runs, by their names.
   *
   * @param levels accuracies, 0 to 1, that are drawn as level lines, by their names
   */
  static List<String> curves(Map<String, History> runs, Map<String, Double> levels) {
    boolean none = runs.values().stream().allMatch(history -> history.epochs().isEmpty());
    return none
        ? List.of()
        : Metric.ALL.stream().map(metric -> CurveChart.of(metric, runs, levels).svg()).toList();
  }

  /** Writes the page of a run. */
  public static void write(Path file, Run run) {
    write(file, "run.ftlh", run);
  }

  /** Writes the page of several runs. */
  public static void write(Path file, Comparison comparison) {
    write(file, "comparison.ftlh", comparison);
  }

  /** Writes the page of a sweep. */
  public static void write(Path file, SweepPage sweep) {
    write(file, "sweep.ftlh", sweep);
  }

  /** Writes the page on which labels are reviewed. */
  public static void write(Path file, LabelPage labels) {
    write(file, "labels.ftlh", labels);
  }

  private static void write(Path file, String template, Object page) {
    StringWriter html = new StringWriter();
    try {
      TEMPLATES.getTemplate(template).process(Map.of("page", page), html);
      AtomicFiles.write(file, html.toString());
    } catch (IOException e) {
      throw new GraftException("Cannot write the page " + file + " (" + Messages.of(e) + ").", e);
    } catch (TemplateException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof GraftException damaged) {
          throw damaged; // a file of the run, read while its page is written
        }
      }
      throw new IllegalStateException(e);
    }
  }

  /** Reads templates whose names end in {@code .ftlh}, which makes FreeMarker escape all values. */
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

  // For templates.

  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  public static String count(long number, String noun) {
    return Names.count(number, noun);
  }

  public static String bytes(double bytes) {
    return Names.bytes(Math.round(bytes));
  }

  public static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
