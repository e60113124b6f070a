package dev.graft.image;

import com.twelvemonkeys.imageio.metadata.CompoundDirectory;
import com.twelvemonkeys.imageio.metadata.Directory;
import com.twelvemonkeys.imageio.metadata.Entry;
import com.twelvemonkeys.imageio.metadata.tiff.TIFF;
import com.twelvemonkeys.imageio.metadata.tiff.TIFFReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.reflect.Array;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * The first directory of a TIFF file.
 *
 * @param stream for the decoder
 */
record TiffStructure(ImageInputStream stream, Directory directory) implements FileStructure {
  private static final Set<Long> COMPRESSIONS =
      Set.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 32773L, 32946L);

  private static final Map<Long, String> OTHER_COMPRESSIONS =
      Map.ofEntries(
          Map.entry(9L, "JBIG"),
          Map.entry(10L, "JBIG"),
          Map.entry(33003L, "JPEG 2000"),
          Map.entry(33004L, "JPEG 2000"),
          Map.entry(33005L, "JPEG 2000"),
          Map.entry(34661L, "JBIG"),
          Map.entry(34676L, "SGI LogLuv"),
          Map.entry(34677L, "SGI LogLuv"),
          Map.entry(34712L, "JPEG 2000"),
          Map.entry(34887L, "LERC"),
          Map.entry(34892L, "lossy DNG"),
          Map.entry(34925L, "LZMA"),
          Map.entry(34926L, "ZSTD"),
          Map.entry(34927L, "WebP"),
          Map.entry(34933L, "PNG"),
          Map.entry(34934L, "JPEG XR"),
          Map.entry(50000L, "ZSTD"),
          Map.entry(50001L, "WebP"),
          Map.entry(50002L, "JPEG XL"),
          Map.entry(52546L, "JPEG XL"));

  private static final int ASSOCIATED_ALPHA = 1;
  private static final int UNASSOCIATED_ALPHA = 2;

  /**
   * @param shownLength the length that the decoder is given, in bytes
   * @param name of the file, for messages
   */
  static TiffStructure of(ImageInputStream file, long shownLength, String name) throws IOException {
    file.seek(0);
    Directory all = new TIFFReader().read(file);
    Directory first = all instanceof CompoundDirectory several ? several.getDirectory(0) : all;
    TiffStructure structure = new TiffStructure(FileView.of(file, shownLength), first);
    long compression = structure.values(TIFF.TAG_COMPRESSION).findFirst().orElse(1);
    if (!COMPRESSIONS.contains(compression)) {
      String kind = OTHER_COMPRESSIONS.getOrDefault(compression, "an unknown");
      throw UnreadableImage.unsupported(
          name, "a TIFF file with " + kind + " compression (" + compression + ")");
    }
    return structure;
  }

  private LongStream values(int tag) {
    Entry entry = directory.getEntryById(tag);
    Object value = entry == null ? new long[0] : entry.getValue();
    if (value instanceof Number number) {
      return LongStream.of(number.longValue());
    }
    return value.getClass().isArray()
        ? LongStream.range(0, Array.getLength(value)).map(i -> Array.getLong(value, (int) i))
        : LongStream.empty();
  }

  @Override
  public int orientation() {
    return (int)
        values(TIFF.TAG_ORIENTATION)
            .filter(Orientation::isValid)
            .findFirst()
            .orElse(Orientation.UPRIGHT);
  }

  @Override
  public byte[] profile() {
    Entry profile = directory.getEntryById(TIFF.TAG_ICC_PROFILE);
    return profile != null && profile.getValue() instanceof byte[] bytes ? bytes : null;
  }

  @Override
  public PixelRows rows(ImageReader reader, ImageReadParam param, String name) throws IOException {
    param.setDestinationType(reader.getRawImageType(0)); // it would convert colors
    BufferedImage image = reader.read(0, param);
    int band = image.getColorModel().getNumColorComponents();
    int bands = image.getRaster().getNumBands();
    for (long meaning : values(TIFF.TAG_EXTRA_SAMPLES).toArray()) {
      if (meaning == ASSOCIATED_ALPHA || meaning == UNASSOCIATED_ALPHA) {
        if (band < bands) {
          return PixelRows.of(image, band, meaning == ASSOCIATED_ALPHA, name);
        }
        if (band < values(TIFF.TAG_SAMPLES_PER_PIXEL).findFirst().orElse(1)) {
          // The decoder skips the planes behind the first extra sample.
          throw UnreadableImage.unsupported(
              name, "a TIFF file in separate planes whose opacity is not the first extra sample");
        }
        break;
      }
      band++;
    }
    return PixelRows.of(image, name);
  }
}
