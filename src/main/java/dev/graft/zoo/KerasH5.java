package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.network.Weight;
import dev.graft.util.Messages;
import io.jhdf.HdfFile;
import io.jhdf.api.Attribute;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.dataset.ContiguousDataset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads the HDF5 files that Keras publishes and that {@code model.save_weights("….h5")} writes.
 *
 * <p>The attribute {@code layer_names} of the root, or of the group {@code model_weights} in the
 * file of a whole model, lists the layers in order; the attribute {@code weight_names} of a layer's
 * group lists its arrays in order. Names differ between versions of Keras, but both orders are the
 * network's, so arrays are matched with weights by their order. Every layer of the network must be
 * within one layer of the file, which may contain several: Keras's separable convolution is a
 * depthwise and a pointwise one. Layers after the network's last one, such as a classifier, are
 * ignored.
 */
public final class KerasH5 extends WeightReader {
  /**
   * An array of the file, not yet read.
   *
   * @param name for messages
   * @param dataset in the file
   */
  private record Array(String name, Dataset dataset) {}

  private final Map<Weight, Array> arrays;

  private KerasH5(String file, Map<Weight, Array> arrays) {
    super(file);
    this.arrays = arrays;
  }

  /** Opens an HDF5 file with any suffix; see {@link WeightReader#open}. */
  public static KerasH5 open(Path file, String network, List<Weight> wanted) {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw GraftException.of(
            "%s: it has %s bytes, but Graft reads at most 2 GB.", file, channel.size());
      }
      // Mapped, because jhdf would allocate the length in a damaged header when reading from a
      // channel, and would read some bytes of a truncated file twice.
      ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      String name = file.toString();
      return new KerasH5(
          name,
          guarded(
              name,
              "it is not an HDF5 file, or it is damaged",
              () -> match(name, HdfFile.fromByteBuffer(mapped), network, wanted)));
    } catch (IOException e) {
      throw unreadable(file.toString(), "it", e);
    }
  }

  /**
   * Calls jhdf, which throws every kind of exception for a damaged file. It even throws errors: for
   * groups that contain each other, for more names than fit into the heap, and for a mapped file
   * that is truncated meanwhile.
   */
  private static <T> T guarded(String file, String problem, Supplier<T> read) {
    try {
      return read.get();
    } catch (GraftException e) {
      throw e;
    } catch (RuntimeException | VirtualMachineError e) {
      String reason = Messages.of(e, "");
      throw failure(file, reason.isEmpty() ? problem : problem + " (" + reason + ")", e);
    }
  }

  private static Map<Weight, Array> match(
      String file, HdfFile hdf, String network, List<Weight> wanted) {
    long end = hdf.getHdfBackingStorage().getSuperblock().getEndOfFileAddress();
    if (end > hdf.size()) { // jhdf's own message would be about buffers
      throw GraftException.of(
          "%s: it should have %s bytes, but has %s: it is truncated; get it again.",
          file, end, hdf.size());
    }
    Group root = hdf;
    if (names(root, "layer_names").isEmpty()
        && root.getChildren().get("model_weights") instanceof Group weights) {
      root = weights;
    }
    List<String> layers = names(root, "layer_names");
    if (layers.isEmpty()) {
      throw GraftException.of(
          "%s: it has no attribute layer_names, so it was not written by Keras's"
              + " save_weights(\"….h5\").",
          file);
    }
    Map<Weight, Array> matched = new HashMap<>();
    int next = 0;
    for (String layer : layers) {
      if (next == wanted.size()) {
        break;
      }
      int first = next;
      for (Array array : arrays(file, root, layer)) {
        if (next == wanted.size() || (next == first && splits(wanted, first))) {
          throw GraftException.of(
              "%s: the arrays of its layer %s do not fit those of %s's layer %s: the file is for"
                  + " another network.",
              file, layer, network, wanted.get(next - 1).layer());
        }
        Weight weight = wanted.get(next++);
        check(file, network, weight, array);
        matched.put(weight, array);
      }
    }
    if (next < wanted.size()) {
      throw GraftException.of(
          "%s: its %s layers have %s arrays, but %s needs %s: there is none for %s.",
          file, layers.size(), next, network, wanted.size(), wanted.get(next).name());
    }
    return matched;
  }

  /** Returns whether the weights on both sides of an index belong to one layer of the network. */
  private static boolean splits(List<Weight> wanted, int index) {
    return index > 0 && wanted.get(index - 1).layer().equals(wanted.get(index).layer());
  }

  private static List<Array> arrays(String file, Group root, String layer) {
    if (!(root.getChild(layer) instanceof Group group)) {
      throw GraftException.of("%s: it lists the layer %s, but does not have it.", file, layer);
    }
    List<Array> arrays = new ArrayList<>();
    for (String name : names(group, "weight_names")) {
      if (!(group.getByPath(name) instanceof Dataset dataset)) {
        throw GraftException.of(
            "%s: its layer %s lists the array %s, but does not have it.", file, layer, name);
      }
      arrays.add(new Array("array " + name + " of its layer " + layer, dataset));
    }
    return arrays;
  }

  /**
   * Returns a list of names; empty if there is none. Keras splits a list that exceeds the 64 KiB of
   * an attribute into attributes whose names end in 0, 1, and so on.
   */
  private static List<String> names(Group group, String attribute) {
    Map<String, Attribute> attributes = group.getAttributes();
    List<String> names = new ArrayList<>(strings(attributes.get(attribute)));
    for (int i = 0; attributes.containsKey(attribute + i); i++) {
      names.addAll(strings(attributes.get(attribute + i)));
    }
    return names;
  }

  private static List<String> strings(Attribute attribute) {
    // Keras writes an empty list of names as an empty array of numbers.
    return attribute != null && !attribute.isEmpty() && attribute.getData() instanceof String[] list
        ? List.of(list)
        : List.of();
  }

  private static void check(String file, String network, Weight weight, Array array) {
    Dataset dataset = array.dataset();
    List<Long> found = shape(dataset);
    List<Long> needed = kerasShape(weight);
    if (!found.equals(needed) && !isDense(weight, found)) {
      String own = shape(weight.shape());
      throw GraftException.of(
          "%s: the %s has the shape %s, but %s's %s, %s, needs %s here.",
          file, array.name(), shape(found), network, weight.name(), own, shape(needed));
    }
    Class<?> type = dataset.getJavaType();
    if (type != float.class && type != double.class) {
      throw GraftException.of(
          "%s: the %s has the type %s, but weights must be floating-point numbers.",
          file, array.name(), type.getSimpleName());
    }
    if (dataset instanceof ContiguousDataset contiguous) {
      long begin = contiguous.getDataAddress() + dataset.getHdfFile().getUserBlockSize();
      if (begin < 0 || begin > dataset.getHdfFile().size() - dataset.getSizeInBytes()) {
        throw GraftException.of(
            "%s: the %s bytes of the %s begin at byte %s, but the file has %s: it is damaged; get it"
                + " again.",
            file, dataset.getSizeInBytes(), array.name(), begin, dataset.getHdfFile().size());
      }
    }
  }

  /** Returns Graft's axes in Keras's order. */
  private static int[] kerasAxes(Weight.Role role) {
    return switch (role) {
      case KERNEL -> new int[] {2, 3, 1, 0}; // (out, in, h, w) from (h, w, in, out)
      case DEPTHWISE_KERNEL -> new int[] {2, 3, 0, 1}; // (c, 1, h, w) from (h, w, c, 1)
      case DENSE_KERNEL -> new int[] {1, 0}; // (out, in) from (in, out)
      case BIAS, GAMMA, BETA, MEAN, VARIANCE, DEVIATION -> new int[] {0};
    };
  }

  private static List<Long> kerasShape(Weight weight) {
    return Arrays.stream(kerasAxes(weight.role())).mapToObj(weight.shape()::get).toList();
  }

  private static List<Long> shape(Dataset dataset) {
    return Arrays.stream(dataset.getDimensions()).mapToObj(Long::valueOf).toList();
  }

  /**
   * Returns whether a shape is that of a dense layer that equals a convolution whose kernel covers
   * its whole input: Keras flattens {@code (h, w, in)}, so the values are in the same order.
   */
  private static boolean isDense(Weight weight, List<Long> shape) {
    List<Long> own = weight.shape();
    return weight.role() == Weight.Role.KERNEL
        && shape.equals(List.of(own.get(1) * own.get(2) * own.get(3), own.get(0)));
  }

  @Override
  public Convention convention() {
    return Convention.KERAS;
  }

  @Override
  float[] values(Weight weight) {
    return values(weight, dataset -> floats(dataset.getDataFlat()), weight);
  }

  /** Reads only the requested rows of a dense layer, where they are contiguous in the file. */
  @Override
  float[] values(Weight kernel, int row, int column) {
    List<Long> own = kernel.shape();
    Dataset dataset = dataset(kernel);
    if (!isDense(kernel, shape(dataset)) || !(dataset instanceof ContiguousDataset)) {
      return super.values(kernel, row, column);
    }
    int out = Math.toIntExact(own.get(0));
    int in = Math.toIntExact(own.get(1));
    long from = (row * own.get(3) + column) * in;
    return values(
        kernel,
        all -> floats(all.getData(new long[] {from, 0}, new int[] {in, out})),
        Weight.of(kernel.layer(), Weight.Role.DENSE_KERNEL, out, in));
  }

  private Dataset dataset(Weight weight) {
    Array array = arrays.get(weight);
    if (array == null) {
      throw new IllegalArgumentException("the reader was not opened for " + weight.name());
    }
    return array.dataset();
  }

  /**
   * Reads an array, or a part of it.
   *
   * @param weight one of those that the reader was opened for
   * @param read returns the values in Keras's order
   * @param as the weight that these values are
   */
  private float[] values(Weight weight, Function<Dataset, float[]> read, Weight as) {
    Dataset dataset = dataset(weight);
    String problem = "the " + arrays.get(weight).name() + " cannot be read, the file is damaged";
    return guarded(
        file(),
        problem,
        () -> {
          float[] values = read.apply(dataset);
          if (values.length != as.size()) {
            throw GraftException.of(
                "%s: %s: %s values instead of %s.", file(), problem, values.length, as.size());
          }
          return toGraft(values, as);
        });
  }

  private static float[] floats(Object flat) {
    if (flat instanceof Object[] rows) {
      float[] values = new float[0];
      for (int i = 0; i < rows.length; i++) {
        float[] row = floats(rows[i]);
        values = i == 0 ? Arrays.copyOf(row, row.length * rows.length) : values;
        System.arraycopy(row, 0, values, i * row.length, row.length);
      }
      return values;
    }
    if (flat instanceof double[] doubles) {
      float[] values = new float[doubles.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) doubles[i];
      }
      return values;
    }
    return flat instanceof float[] values ? values : new float[0];
  }

  /** Converts from row-major in Keras's layout to row-major in Graft's. */
  private static float[] toGraft(float[] values, Weight weight) {
    int[] axes = kerasAxes(weight.role());
    int[] shape = weight.shape().stream().mapToInt(Math::toIntExact).toArray();
    int[] stride = new int[axes.length]; // of each axis in Keras's array
    for (int i = axes.length - 1, step = 1; i >= 0; i--) {
      stride[axes[i]] = step;
      step *= shape[axes[i]];
    }
    float[] moved = new float[values.length];
    int[] index = new int[shape.length];
    int from = 0;
    for (int to = 0; to < moved.length; to++) {
      moved[to] = values[from];
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        from += stride[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        from -= stride[axis] * shape[axis];
        index[axis] = 0;
      }
    }
    return moved;
  }

  /** Does nothing: the channel is closed already, and the mapping is garbage collected. */
  @Override
  public void close() {}
}
