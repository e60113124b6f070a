package dev.graft.zoo;

import dev.graft.GraftException;
import dev.graft.Reason;
import dev.graft.network.Weight;
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
 * Weights in the HDF5 files that Keras publishes and {@code model.save_weights("….h5")} writes.
 *
 * <p>The attribute {@code layer_names} of the root, or of the group {@code model_weights} in a file
 * that holds the whole model, gives the layers in order; the attribute {@code weight_names} of a
 * layer's group gives its arrays in order. Both orders are the network's, and the names are not:
 * they differ from one Keras to the next. So the arrays are matched with the wanted tensors one by
 * one, and every layer of the network must lie within one layer of the file (which may hold
 * several: a separable convolution is a depthwise and a pointwise one). Layers after the network's
 * last are left alone: that is the top in a file that has it.
 */
public final class KerasH5 extends WeightReader {
  /**
   * An array of the file, found but not read.
   *
   * @param name what messages call it
   */
  private record Array(String name, Dataset dataset) {}

  private final Map<Weight, Array> arrays;

  private KerasH5(String file, Map<Weight, Array> arrays) {
    super(file);
    this.arrays = arrays;
  }

  /** As {@link WeightReader#open}, of a file that is taken for HDF5 whatever its name. */
  public static KerasH5 open(Path file, String network, List<Weight> wanted) {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() > Integer.MAX_VALUE) {
        throw GraftException.of(
            "%s: %s bytes are more than the 2 GB that can be read.", file, channel.size());
      }
      // Mapped, and not given to jhdf as a channel: from a channel it allocates whatever length a
      // damaged header names, and reads some bytes twice where the file was cut.
      ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      return of(file.toString(), mapped, network, wanted);
    } catch (IOException e) {
      throw unreadable(file.toString(), "it", e);
    }
  }

  /**
   * As {@link WeightReader#open}, of what lies in memory.
   *
   * @param name what messages call it
   * @param bytes the file's content, from position to limit; neither moves
   */
  public static KerasH5 of(String name, ByteBuffer bytes, String network, List<Weight> wanted) {
    String problem = "it is no HDF5 file, or a damaged one";
    Supplier<Map<Weight, Array>> match =
        () -> match(name, HdfFile.fromByteBuffer(bytes.slice()), network, wanted);
    return new KerasH5(name, guarded(name, problem, match));
  }

  /**
   * Runs what calls jhdf, which answers damage with every kind of exception. The errors are answers
   * too: to groups that contain each other, to a number of names that no heap can hold, and to a
   * mapped file that somebody cuts short meanwhile.
   */
  private static <T> T guarded(String file, String problem, Supplier<T> read) {
    try {
      return read.get();
    } catch (GraftException e) {
      throw e;
    } catch (RuntimeException | VirtualMachineError e) {
      String reason = Reason.of(e, "");
      throw failure(file, reason.isEmpty() ? problem : problem + " (" + reason + ")", e);
    }
  }

  private static Map<Weight, Array> match(
      String file, HdfFile hdf, String network, List<Weight> wanted) {
    long end = hdf.getHdfBackingStorage().getSuperblock().getEndOfFileAddress();
    if (end > hdf.size()) { // of such a file jhdf would speak in buffers
      throw GraftException.of(
          "%s: it should have %s bytes, but has %s: it is cut short, get it again.",
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
          "%s: it has no attribute layer_names, so Keras's save_weights(\"….h5\") did not write"
              + " it.",
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
              "%s: the arrays of its layer %s do not fit those of %s's layer %s: the file is of"
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

  /** Whether the tensors on both sides of an index belong to one layer of the network. */
  private static boolean splits(List<Weight> wanted, int index) {
    return index > 0 && wanted.get(index - 1).layer().equals(wanted.get(index).layer());
  }

  private static List<Array> arrays(String file, Group root, String layer) {
    if (!(root.getChild(layer) instanceof Group group)) {
      throw GraftException.of("%s: the layer %s that it lists is not there.", file, layer);
    }
    List<Array> arrays = new ArrayList<>();
    for (String name : names(group, "weight_names")) {
      if (!(group.getByPath(name) instanceof Dataset dataset)) {
        throw GraftException.of(
            "%s: the array %s of its layer %s is not there.", file, name, layer);
      }
      arrays.add(new Array("array " + name + " of its layer " + layer, dataset));
    }
    return arrays;
  }

  /**
   * A list of names; empty where there is none. Keras splits one that is too long for an attribute
   * (64 KiB) into attributes whose names end in 0, 1, and so on.
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
    // Of no names at all Keras makes an empty array of numbers.
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
          "%s: the %s holds %s where floating-point numbers belong.",
          file, array.name(), type.getSimpleName());
    }
    if (dataset instanceof ContiguousDataset contiguous) {
      long begin = contiguous.getDataAddress() + dataset.getHdfFile().getUserBlockSize();
      if (begin < 0 || begin > dataset.getHdfFile().size() - dataset.getSizeInBytes()) {
        throw GraftException.of(
            "%s: the %s bytes of the %s begin at %s, and the file has %s: it is damaged, get it"
                + " again.",
            file, dataset.getSizeInBytes(), array.name(), begin, dataset.getHdfFile().size());
      }
    }
  }

  /** Of Graft's layout, the axes in the order that Keras keeps them in. */
  private static int[] kerasAxes(Weight.Role role) {
    return switch (role) {
      case KERNEL -> new int[] {2, 3, 1, 0}; // (out, in, h, w) is kept as (h, w, in, out)
      case DEPTHWISE_KERNEL -> new int[] {2, 3, 0, 1}; // (c, 1, h, w) as (h, w, c, 1)
      case DENSE_KERNEL -> new int[] {1, 0}; // (out, in) as (in, out)
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
   * Whether a shape is that of a dense layer which does what a convolution of all that it sees
   * does: Keras flattens {@code (h, w, in)}, so that the values are in the same order.
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

  /** Of a dense layer, that the window's place is in the file by itself; else from the whole. */
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
      throw new IllegalArgumentException(weight.name() + " was not asked for on opening");
    }
    return array.dataset();
  }

  /**
   * Reads an array, or a part of it.
   *
   * @param read gives the values in Keras's order
   * @param as what they are
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

  /** From row-major in Keras's layout to row-major in Graft's. */
  private static float[] toGraft(float[] values, Weight weight) {
    int[] axes = kerasAxes(weight.role());
    int[] shape = weight.shape().stream().mapToInt(Math::toIntExact).toArray();
    int[] stride = new int[axes.length]; // of each of Graft's axes, among Keras's values
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

  /** Has nothing to do: the channel is closed, and the mapping goes with the reader. */
  @Override
  public void close() {}
}
