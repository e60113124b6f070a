package dev.graft.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Writes the images of CIFAR-10's official binary files as PNG files into folders by class, to try
 * Graft on folders of images:
 *
 * <pre>
 * mvn -q test-compile exec:java -Dexec.classpathScope=test \
 *     -Dexec.mainClass=dev.graft.data.FolderOfImages \
 *     -Dexec.args="../shared/cifar-10-batches-bin out/images --limit 500 --damaged 0.03"
 * </pre>
 *
 * <p>The files are {@code train/<class>/NNNNN.png} and {@code test/<class>/NNNNN.png}, numbered by
 * the record's index, from 0, in all training files or in the test file. With {@code --flat}, they
 * are {@code <class>/NNNNN.png}, and the numbers of the test file start at 50000.
 *
 * <p>All options may be combined: the limit comes first, then the imbalance, and a share of the
 * remaining images is damaged. The same options give the same files.
 */
@Command(name = "FolderOfImages", mixinStandardHelpOptions = true)
final class FolderOfImages implements Callable<Integer> {
  private static final long SEED = 42;
  private static final int RECORD = 1 + Cifar10Images.IMAGE_BYTES;
  private static final List<String> BATCHES =
      List.of(
          "data_batch_1.bin",
          "data_batch_2.bin",
          "data_batch_3.bin",
          "data_batch_4.bin",
          "data_batch_5.bin",
          "test_batch.bin");

  @Spec private CommandSpec spec;

  @Parameters(index = "0", description = "The folder of data_batch_1.bin to test_batch.bin.")
  private Path from;

  @Parameters(index = "1", description = "The folder to create; it must be missing or empty.")
  private Path target;

  @Option(
      names = "--limit",
      description = "At most this many images per class and part; with --flat, per class.")
  private int limit = Integer.MAX_VALUE;

  @Option(names = "--flat", description = "Class folders without train/ and test/ around them.")
  private boolean flat;

  @Option(
      names = "--damaged",
      description = {
        "Damage this share of the files, 0 to 1, in ten ways in turn (see Damage), and list",
        "them in <target>-damaged.txt, one per line: path in the folder, tab, kind of damage."
      })
  private double damaged;

  @Option(
      names = "--imbalanced",
      description = "cat,dog=20: only every 20th training image of these; flat, every 20th.")
  private String imbalanced = "";

  private FolderOfImages() {}

  /** An image that is to be written, by its place in a batch file. */
  private record Entry(String batch, int record, String folder, int number) {
    String path(String extension) {
      return String.format(Locale.ROOT, "%s/%05d.%s", folder, number, extension);
    }
  }

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new FolderOfImages());
  }

  @Override
  public Integer call() throws IOException {
    Map<String, Integer> steps = steps();
    if (!(damaged >= 0 && damaged <= 1)) {
      throw refusal("--damaged must be 0 to 1, got " + damaged);
    }
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(target)) {
      if (files.findAny().isPresent()) {
        throw refusal(target + " is not empty");
      }
    }
    List<Entry> entries = entries(steps);
    Map<Entry, Damage> damages = damages(entries);
    for (String folder : new TreeSet<>(entries.stream().map(Entry::folder).toList())) {
      Files.createDirectories(target.resolve(folder));
    }
    for (String batch : BATCHES) {
      byte[] records = Files.readAllBytes(from.resolve(batch));
      entries.parallelStream()
          .filter(entry -> entry.batch().equals(batch))
          .forEach(entry -> write(entry, records, damages.get(entry)));
    }
    if (damaged > 0) {
      writeList(damages);
    }
    var out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, "%s: %,d files, %,d damaged%n", target, entries.size(), damages.size());
    out.flush();
    return 0;
  }

  /** Parses {@code cat,dog=20} to 20 for each name. */
  private Map<String, Integer> steps() {
    Map<String, Integer> steps = new HashMap<>();
    if (!imbalanced.isEmpty()) {
      Matcher matcher = Pattern.compile("([a-z,]+)=([1-9][0-9]{0,4})").matcher(imbalanced);
      if (!matcher.matches()) {
        throw refusal("--imbalanced must be like cat,dog=20, got " + imbalanced);
      }
      for (String name : matcher.group(1).split(",", -1)) {
        if (!Cifar10Images.CLASSES.contains(name)) {
          throw refusal(
              String.format(
                  Locale.ROOT,
                  "--imbalanced: no class %s; there are %s",
                  name,
                  Cifar10Images.CLASSES));
        }
        steps.put(name, Integer.parseInt(matcher.group(2)));
      }
    }
    return steps;
  }

  private ParameterException refusal(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private List<Entry> entries(Map<String, Integer> steps) throws IOException {
    List<Entry> entries = new ArrayList<>();
    Map<String, Integer> seen = new HashMap<>(); // of each folder
    int number = 0;
    for (String batch : BATCHES) {
      boolean test = batch.equals("test_batch.bin");
      number = test && !flat ? 0 : number;
      byte[] records = Files.readAllBytes(from.resolve(batch));
      for (int record = 0; record < records.length / RECORD; record++, number++) {
        String name = Cifar10Images.CLASSES.get(records[record * RECORD]);
        String folder = flat ? name : (test ? "test/" : "train/") + name;
        int step = test && !flat ? 1 : steps.getOrDefault(name, 1);
        int before = seen.merge(folder, 1, Integer::sum) - 1;
        if (before < limit && before % step == 0) {
          entries.add(new Entry(batch, record, folder, number));
        }
      }
    }
    return entries;
  }

  private Map<Entry, Damage> damages(List<Entry> entries) {
    List<Entry> shuffled = new ArrayList<>(entries);
    Collections.shuffle(shuffled, new Random(SEED));
    List<Damage> ways = List.of(Damage.values());
    Map<Entry, Damage> damages = new HashMap<>();
    for (Entry entry : shuffled.subList(0, (int) Math.round(damaged * entries.size()))) {
      damages.put(entry, ways.get(damages.size() % ways.size()));
    }
    return damages;
  }

  private void write(Entry entry, byte[] records, Damage damage) {
    try {
      int start = entry.record() * RECORD + 1;
      byte[] png =
          SampleMaker.png(
              SampleMaker.interleaved(records, start), Cifar10Images.SIDE, Cifar10Images.SIDE);
      if (damage == null) {
        Files.write(target.resolve(entry.path("png")), png);
      } else {
        byte[] bytes = damage.unreadable(png, new Random(SEED + entry.number()));
        Files.write(target.resolve(entry.path(damage.extension())), bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeList(Map<Entry, Damage> damages) throws IOException {
    List<String> lines = new ArrayList<>();
    damages.forEach(
        (entry, damage) -> lines.add(entry.path(damage.extension()) + "\t" + damage.title()));
    Collections.sort(lines);
    Files.write(target.resolveSibling(target.getFileName() + "-damaged.txt"), lines);
  }
}
