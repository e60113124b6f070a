package dev.graft.image;

import dev.graft.util.Resource;
import java.awt.color.CMMException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.color.ProfileDataException;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/**
 * Converts samples to sRGB by the image's profile, if it has one that matches its channels and is
 * not sRGB. Without one, gray and RGB are unchanged, and CMYK is converted as by Pillow. Images are
 * reduced first, because the conversion is slow and changes means only slightly.
 */
final class ColorProfile {
  /** The largest difference, of 255, between two sRGB profiles. */
  private static final int SAME = 2;

  private static final int PIXELS_AT_ONCE = 1 << 14;

  /**
   * Pillow's profile. It has version 4, unlike Java's own, so LittleCMS maps the black of a press
   * to the black of the screen.
   */
  private static final byte[] SRGB = Resource.bytes(ColorProfile.class, "srgb.icc");

  private ColorProfile() {}

  /**
   * @param profile or null
   */
  static RgbImage toSrgb(Reduction.Reduced image, byte[] profile) {
    byte[] samples = image.samples();
    byte[] converted = profile == null ? null : convert(samples, image.channels(), profile);
    byte[] rgb =
        converted != null
            ? converted
            : switch (image.channels()) {
              case 1 -> fromGray(samples);
              case 3 -> samples;
              default -> fromCmyk(samples);
            };
    return new RgbImage(image.width(), image.height(), rgb);
  }

  private static byte[] fromGray(byte[] gray) {
    byte[] rgb = new byte[3 * gray.length];
    for (int from = 0, to = 0; from < gray.length; from++, to += 3) {
      rgb[to] = gray[from];
      rgb[to + 1] = gray[from];
      rgb[to + 2] = gray[from];
    }
    return rgb;
  }

  private static byte[] fromCmyk(byte[] cmyk) {
    byte[] rgb = new byte[cmyk.length / 4 * 3];
    for (int from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
      int light = 255 - (cmyk[from + 3] & 0xff);
      for (int c = 0; c < 3; c++) {
        int product = (cmyk[from + c] & 0xff) * light + 128;
        rgb[to + c] = (byte) Math.max(0, light - (((product >> 8) + product) >> 8));
      }
    }
    return rgb;
  }

  /** Returns null if the profile changes nothing, is broken, or is for other channels. */
  private static byte[] convert(byte[] samples, int channels, byte[] data) {
    try {
      ICC_Profile profile = ICC_Profile.getInstance(asDisplay(data));
      int wanted =
          switch (channels) {
            case 1 -> ColorSpace.TYPE_GRAY;
            case 3 -> ColorSpace.TYPE_RGB;
            default -> ColorSpace.TYPE_CMYK;
          };
      if (profile.getNumComponents() != channels
          || new ICC_ColorSpace(profile).getType() != wanted) {
        return null;
      }
      ICC_Profile[] way = {profile, ICC_Profile.getInstance(SRGB)};
      ColorConvertOp conversion = new ColorConvertOp(way, null);
      if (channels == 1) {
        byte[] values = new byte[256];
        for (int i = 0; i < values.length; i++) {
          values[i] = (byte) i;
        }
        return lookUp(samples, convert(values, 1, conversion));
      }
      if (channels == 3) {
        byte[] probe = probe();
        if (isSame(probe, convert(probe, 3, conversion))) {
          return null;
        }
      }
      return convert(samples, channels, conversion);
    } catch (CMMException | ProfileDataException | IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * Marks a printer's profile as a display's. Java reads printer profiles with the relative
   * colorimetric intent, and all others with the perceptual intent, as Pillow does.
   */
  private static byte[] asDisplay(byte[] data) {
    byte[] profile = data.clone();
    int start = ICC_Profile.icHdrDeviceClass;
    if (profile.length > start + 4 && profile[start] == 'p' && profile[start + 1] == 'r') {
      byte[] display = {'m', 'n', 't', 'r'};
      System.arraycopy(display, 0, profile, start, display.length);
    }
    return profile;
  }

  /** Returns a grid of colors over the whole cube. */
  private static byte[] probe() {
    int steps = 6;
    byte[] colors = new byte[3 * steps * steps * steps];
    for (int i = 0; i < colors.length / 3; i++) {
      colors[3 * i] = (byte) (i % steps * 51);
      colors[3 * i + 1] = (byte) (i / steps % steps * 51);
      colors[3 * i + 2] = (byte) (i / steps / steps * 51);
    }
    return colors;
  }

  private static boolean isSame(byte[] some, byte[] others) {
    for (int i = 0; i < some.length; i++) {
      if (Math.abs((some[i] & 0xff) - (others[i] & 0xff)) > SAME) {
        return false;
      }
    }
    return true;
  }

  private static byte[] lookUp(byte[] gray, byte[] rgbOf) {
    byte[] rgb = new byte[3 * gray.length];
    for (int i = 0; i < gray.length; i++) {
      System.arraycopy(rgbOf, 3 * (gray[i] & 0xff), rgb, 3 * i, 3);
    }
    return rgb;
  }

  private static byte[] convert(byte[] samples, int channels, ColorConvertOp conversion) {
    int pixels = samples.length / channels;
    byte[] rgb = new byte[3 * pixels];
    // Each call copies the arrays of both rasters entirely, so they have to be small.
    int atOnce = Math.min(PIXELS_AT_ONCE, pixels);
    WritableRaster source = raster(atOnce, channels);
    WritableRaster target = raster(atOnce, 3);
    byte[] before = ((DataBufferByte) source.getDataBuffer()).getData();
    byte[] after = ((DataBufferByte) target.getDataBuffer()).getData();
    for (int from = 0; from < pixels; from += atOnce) {
      int count = Math.min(atOnce, pixels - from);
      System.arraycopy(samples, channels * from, before, 0, channels * count);
      conversion.filter(source, target);
      System.arraycopy(after, 0, rgb, 3 * from, 3 * count);
    }
    return rgb;
  }

  private static WritableRaster raster(int pixels, int channels) {
    return Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, pixels, 1, channels, null);
  }
}
