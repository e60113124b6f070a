package dev.graft.data;

import ai.djl.util.Utils;
import dev.graft.Progress;
import dev.graft.Text;
import dev.graft.io.Download;
import dev.graft.io.Hash;
import dev.graft.io.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * CIFAR-10 from DJL's repository, in the place where DJL's own {@code Cifar10} puts it: each finds
 * what the other has downloaded. DJL itself is not asked to download, for it waits for ever where a
 * network drops what it is sent.
 */
final class Cifar10Download {
  private static final String PLACE = "dataset/cv/ai/djl/basicdataset/cifar10/";

  /** As in {@code metadata.json} beside them. */
  private static final List<Download> FILES =
      List.of(
          file(Cifar10Files.TEST, 28_259_644, "e3211925febe953b7bce86a8cb3cca98724aceee"),
          file(Cifar10Files.MERGED_TRAIN, 141_317_082, "7d419c355d2267b1f8e949af07cef073d26c590e"));

  private Cifar10Download() {}

  private static Download file(String name, long size, String sha1) {
    return new Download(
        URI.create("https://mlrepo.djl.ai/" + PLACE + name + ".gz"),
        size,
        Optional.of(new Hash(Hash.Algorithm.SHA1, sha1)));
  }

  /**
   * The folder of an earlier download if there is one, else that of a new one.
   *
   * @return a folder that holds {@code data_batch.bin} and {@code test_batch.bin}
   * @throws IOException if there is none; its message is a clause that says why
   */
  static Path fetch(Progress.Display display) throws IOException {
    return fetch(Utils.getCacheDir().resolve("cache/repo").resolve(PLACE + "1.0"), FILES, display);
  }

  static Path fetch(Path folder, List<Download> files, Progress.Display display)
      throws IOException {
    if (Files.isDirectory(folder)) {
      return folder;
    }
    Download.checkOnline();
    display.say(
        Text.of(
            "CIFAR-10 is not here: it is downloaded, once, 170 MB from %s to %s. The bundled"
                + " sample does without: --data cifar10-sample.",
            files.get(0).uri().getHost(), folder));
    Files.createDirectories(folder.getParent());
    try {
      WholeFile.folder(
          folder,
          unfinished -> {
            for (Download file : files) {
              String name = Path.of(file.uri().getPath()).getFileName().toString();
              Path packed = unfinished.resolve(name);
              file.to(packed, display);
              try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
                Files.copy(in, unfinished.resolve(name.replaceFirst("\\.gz$", "")));
              }
              Files.delete(packed);
            }
          });
    } catch (IOException e) {
      if (!Files.isDirectory(folder)) { // else another process was faster
        throw e;
      }
    }
    return folder;
  }
}
