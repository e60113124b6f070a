package dev.graft.image;

import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** A GIF file, whose first frame may be smaller than its screen. */
record GifStructure(ImageInputStream stream) implements FileStructure {
  @Override
  public Canvas canvas(ImageReader reader) throws IOException {
    Node screen = reader.getStreamMetadata().getAsTree("javax_imageio_gif_stream_1.0");
    Node frame = reader.getImageMetadata(0).getAsTree("javax_imageio_gif_image_1.0");
    int left = number(frame, "ImageDescriptor", "imageLeftPosition");
    int top = number(frame, "ImageDescriptor", "imageTopPosition");
    int width = number(screen, "LogicalScreenDescriptor", "logicalScreenWidth");
    int height = number(screen, "LogicalScreenDescriptor", "logicalScreenHeight");
    return new Canvas(
        Math.max(width, left + reader.getWidth(0)),
        Math.max(height, top + reader.getHeight(0)),
        left,
        top);
  }

  private static int number(Node tree, String element, String attribute) {
    Node found = ((Element) tree).getElementsByTagName(element).item(0);
    return found == null ? 0 : Integer.parseInt(((Element) found).getAttribute(attribute));
  }
}
