package dev.graft.example;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import javax.imageio.ImageIO;

/** The example of {@code docs/export.md}: classifies an image with ONNX Runtime alone. */
public final class ClassifyWithOnnxRuntime {
  private ClassifyWithOnnxRuntime() {}

  public static void main(String[] arguments) throws Exception {
    OrtEnvironment onnx = OrtEnvironment.getEnvironment();
    try (OrtSession session = onnx.createSession(arguments[0])) {
      Map<String, String> metadata = session.getMetadata().getCustomMetadata();
      if (!metadata.get("framing").startsWith("whole: ")) {
        throw new IOException("Not implemented here: " + metadata.get("framing"));
      }
      if (metadata.containsKey("average_mirror")) {
        throw new IOException("Not implemented here: average_mirror");
      }
      int side = Integer.parseInt(metadata.get("input_size"));
      float[][][][] pixels = {planes(ImageIO.read(new File(arguments[1])), side)};
      try (OnnxTensor input = OnnxTensor.createTensor(onnx, pixels);
          OrtSession.Result result = session.run(Map.of("pixels", input))) {
        float[][] probabilities = (float[][]) result.get("probabilities").get().getValue();
        System.out.println(metadata.get("classes") + " " + Arrays.toString(probabilities[0]));
      }
    }
  }

  /** The whole image over white as R, G, B from 0 to 255, {@code (3, side, side)}. */
  private static float[][][] planes(BufferedImage image, int side) {
    BufferedImage square = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = square.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    // Java's interpolation would skip pixels of a larger image.
    boolean larger = Math.min(image.getWidth(), image.getHeight()) > side;
    Image whole = larger ? image.getScaledInstance(side, side, Image.SCALE_AREA_AVERAGING) : image;
    graphics.drawImage(whole, 0, 0, side, side, Color.WHITE, null);
    graphics.dispose();
    float[][][] planes = new float[3][side][side];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int rgb = square.getRGB(x, y);
        planes[0][y][x] = rgb >> 16 & 0xff;
        planes[1][y][x] = rgb >> 8 & 0xff;
        planes[2][y][x] = rgb & 0xff;
      }
    }
    return planes;
  }
}
