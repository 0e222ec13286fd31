package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Roi;
import ij.plugin.filter.ThresholdToSelection;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.Color;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Painting by segments, without a window: the segments of a label image are filled with colours. Slices and pixels of
 * the image are not touched. Slices count from 1, coordinates from 0; colours are 0xRRGGBB.
 */
final class PaintEngine {
  /** What a label image of 16 bits holds, and one of 32 bits exactly. */
  static final int MOST_LABELS = 65535;
  private static final int LARGEST_LABEL = 1 << 24;
  private static final int UNPAINTED = 0;
  private static final int OPAQUE = 0xff000000;
  private static final long REMEMBERED_PIXELS = 50_000_000;
  private static final String CUT = "cut";

  private final int width;
  private final int height;
  private final String labelsTitle;
  private final ImageStack labels;
  private final ImageInput files; // of labels on a virtual stack
  private final int slices;
  private final Map<Integer, Layer> layers = new HashMap<>();
  private final Deque<List<Change>> actions = new ArrayDeque<>();
  private long remembered;

  /** What a slice holds: segments as they are after cuts, and colours with alpha 255, 0 where nothing is painted. */
  private static final class Layer {
    final int[] original;
    int[] segments; // the original ones until there is a cut
    final int[] colours;

    Layer(int[] original) {
      this.original = original;
      segments = original;
      colours = new int[original.length];
    }

    void cut(int i) {
      if (segments == original)
        segments = original.clone();
      segments[i] = 0;
      colours[i] = UNPAINTED;
    }
  }

  /** What pixels of a slice were before an action. */
  private static final class Change {
    final int slice;
    final int[] pixels;
    final int[] segments;
    final int[] colours;

    Change(int slice, Layer layer, BitSet changed) {
      this.slice = slice;
      pixels = changed.stream().toArray();
      segments = new int[pixels.length];
      colours = new int[pixels.length];
      for (int i = 0; i < pixels.length; i++) {
        segments[i] = layer.segments[pixels[i]];
        colours[i] = layer.colours[pixels[i]];
      }
    }
  }

  /**
   * @param labels an image with one label image for all slices, or one for each; 0 is no segment
   * @throws SheafException if the label image does not fit
   */
  PaintEngine(ImagePlus image, ImagePlus labels) {
    width = image.getWidth();
    height = image.getHeight();
    slices = image.getStackSize();
    labelsTitle = labels.getTitle();
    this.labels = lasting(labels.getStack());
    if (labels.getWidth() != width || labels.getHeight() != height) {
      throw SheafException.invalid("labels: " + labels.getTitle() + " is " + labels.getWidth() + " x "
          + labels.getHeight() + " pixels, " + image.getTitle() + " is " + width + " x " + height
          + "; both must have one size");
    }
    if (labels.getStackSize() != 1 && labels.getStackSize() != slices) {
      throw SheafException.invalid("labels: " + labels.getTitle() + " has " + labels.getStackSize() + " images, needs 1"
          + (slices > 1 ? " or " + slices : ""));
    }
    if (labels.getBitDepth() == 24)
      throw SheafException.invalid("labels: " + labels.getTitle() + " is an RGB image, needs 8, 16 or 32 bits");
    files = new ImageInput(labels, null);
    layer(1); // what is wrong with the labels is said before any work
  }

  /** The same pixels in a stack of our own: ImageJ empties that of an image that is closed. */
  private static ImageStack lasting(ImageStack stack) {
    if (stack.isVirtual())
      return stack;
    ImageStack own = new ImageStack(stack.getWidth(), stack.getHeight());
    for (int n = 1; n <= stack.getSize(); n++) own.addSlice(null, stack.getPixels(n));
    return own;
  }

  int slices() {
    return slices;
  }

  private Layer layer(int slice) {
    if (slice < 1 || slice > slices)
      throw SheafException.invalid("slice: " + slice + " given, accepted: 1 to " + slices);
    return layers.computeIfAbsent(slice, n -> new Layer(segments(n)));
  }

  private int[] segments(int slice) {
    int n = labels.getSize() == 1 ? 1 : slice;
    files.checkFile(n - 1L);
    ImageProcessor ip = labels.getProcessor(n);
    int[] segments = new int[width * height];
    for (int i = 0; i < segments.length; i++) {
      float v = ip.getf(i);
      if (!(v >= 0 && v <= LARGEST_LABEL && v == Math.rint(v))) {
        throw SheafException.invalid("labels: " + labelsTitle + " has the label " + Schema.numberText(v) + " at "
            + i % width + "," + i / width + ", needs whole numbers from 0 to " + LARGEST_LABEL);
      }
      segments[i] = (int) v;
    }
    return segments;
  }

  private int index(int x, int y) {
    if (x < 0 || x >= width || y < 0 || y >= height) {
      throw SheafException.invalid(
          "point: " + x + "," + y + " lies outside the image, which is " + width + " x " + height + " pixels");
    }
    return y * width + x;
  }

  /** Pixels of equal value around one, connected by their sides. */
  private BitSet connected(int[] values, int start) {
    BitSet found = new BitSet(values.length);
    int value = values[start];
    int[] open = new int[64];
    int count = 1;
    open[0] = start;
    found.set(start);
    while (count > 0) {
      int i = open[--count];
      int x = i % width;
      int[] neighbours = {x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width};
      for (int j : neighbours) {
        if (j < 0 || j >= values.length || values[j] != value || found.get(j))
          continue;
        found.set(j);
        if (count == open.length)
          open = java.util.Arrays.copyOf(open, 2 * count);
        open[count++] = j;
      }
    }
    return found;
  }

  /**
   * Fills the segment at a point; where something is painted already, the connected area of its colour.
   *
   * @return the number of pixels that changed
   */
  int fill(int slice, int x, int y, int rgb) {
    Layer layer = layer(slice);
    int i = index(x, y);
    boolean painted = layer.colours[i] != UNPAINTED;
    if (!painted && layer.segments[i] == 0)
      return 0;
    return paint(slice, connected(painted ? layer.colours : layer.segments, i), OPAQUE | rgb);
  }

  /** Takes the colour from the connected area at a point. */
  int unfill(int slice, int x, int y) {
    Layer layer = layer(slice);
    int i = index(x, y);
    return layer.colours[i] == UNPAINTED ? 0 : paint(slice, connected(layer.colours, i), UNPAINTED);
  }

  private int paint(int slice, BitSet area, int colour) {
    Layer layer = layer(slice);
    BitSet changed = new BitSet();
    area.stream().filter(i -> layer.colours[i] != colour).forEach(changed::set);
    if (!changed.isEmpty()) {
      remember(new Change(slice, layer, changed));
      changed.stream().forEach(i -> layer.colours[i] = colour);
    }
    return changed.cardinality();
  }

  /** Paints pixels of all slices, whatever the segments, as one action; those of alpha 0 are left as they are. */
  void stamp(int[][] argb) {
    List<Change> action = new ArrayList<>();
    for (int n = 1; n <= argb.length; n++) {
      Layer layer = layer(n);
      BitSet changed = new BitSet();
      for (int i = 0; i < argb[n - 1].length; i++) {
        if (argb[n - 1][i] >>> 24 != 0 && layer.colours[i] != argb[n - 1][i])
          changed.set(i);
      }
      if (!changed.isEmpty())
        action.add(new Change(n, layer, changed));
    }
    if (action.isEmpty())
      return;
    remember(action);
    for (Change change : action) {
      int[] colours = layer(change.slice).colours;
      for (int i : change.pixels) colours[i] = argb[change.slice - 1][i];
    }
  }

  /** Cuts segments along lines between points x, y, x, y, ...: their pixels belong to no segment any more. */
  void cut(int slice, int[] xy) {
    if (xy.length < 4)
      throw SheafException.invalid("points: " + xy.length / 2 + " given, a cut needs two or more");
    Layer layer = layer(slice);
    BitSet line = new BitSet();
    for (int i = 0; i < xy.length; i += 2) index(xy[i], xy[i + 1]);
    for (int i = 2; i < xy.length; i += 2) {
      int dx = xy[i] - xy[i - 2];
      int dy = xy[i + 1] - xy[i - 1];
      int steps = Math.max(1, Math.max(Math.abs(dx), Math.abs(dy)));
      for (int k = 0; k <= steps; k++) {
        int x = xy[i - 2] + Math.round(dx * k / (float) steps);
        int y = xy[i - 1] + Math.round(dy * k / (float) steps);
        line.set(y * width + x);
      }
    }
    remember(new Change(slice, layer, line));
    line.stream().forEach(layer::cut);
  }

  private void remember(Change change) {
    remember(Collections.singletonList(change));
  }

  private void remember(List<Change> action) {
    actions.push(action);
    remembered += pixels(action);
    while (remembered > REMEMBERED_PIXELS && actions.size() > 1) remembered -= pixels(actions.removeLast());
  }

  private static long pixels(List<Change> action) {
    return action.stream().mapToLong(change -> change.pixels.length).sum();
  }

  /**
   * Takes the last action back, on all its slices.
   *
   * @param inView a slice
   * @return the slice in view if it is one of them, else the first of them
   */
  int undo(int inView) {
    if (actions.isEmpty())
      throw SheafException.invalid("undo: there is nothing to undo");
    List<Change> action = actions.pop();
    remembered -= pixels(action);
    int slice = action.get(0).slice;
    for (Change change : action) {
      Layer layer = layer(change.slice);
      for (int i = 0; i < change.pixels.length; i++) {
        layer.segments[change.pixels[i]] = change.segments[i];
        layer.colours[change.pixels[i]] = change.colours[i];
      }
      if (change.slice == inView)
        slice = inView;
    }
    return slice;
  }

  /** Takes all colours and cuts from a slice; can be undone. */
  void reset(int slice) {
    Layer layer = layer(slice);
    int[] original = layer.original;
    BitSet changed = new BitSet();
    for (int i = 0; i < original.length; i++) {
      if (layer.colours[i] != UNPAINTED || layer.segments[i] != original[i])
        changed.set(i);
    }
    if (changed.isEmpty())
      return;
    remember(new Change(slice, layer, changed));
    changed.stream().forEach(i -> {
      layer.colours[i] = UNPAINTED;
      layer.segments[i] = original[i];
    });
  }

  /** The colour at a point, or -1. */
  int colour(int slice, int x, int y) {
    int c = layer(slice).colours[index(x, y)];
    return c == UNPAINTED ? -1 : c & 0xffffff;
  }

  /** Colours of a slice, ascending. */
  TreeSet<Integer> colours(int slice) {
    TreeSet<Integer> found = new TreeSet<>();
    if (!layers.containsKey(slice))
      return found;
    for (int c : layers.get(slice).colours) {
      if (c != UNPAINTED)
        found.add(c & 0xffffff);
    }
    return found;
  }

  /** 255 where the colour is. */
  ByteProcessor mask(int slice, int rgb) {
    ByteProcessor mask = new ByteProcessor(width, height);
    int[] colours = layer(slice).colours;
    for (int i = 0; i < colours.length; i++) {
      if (colours[i] == (OPAQUE | rgb))
        mask.set(i, 255);
    }
    return mask;
  }

  /** Colours as labels: 1, 2, ... in ascending order of all colours of all slices. */
  ImagePlus labelImage(String title) {
    TreeSet<Integer> all = new TreeSet<>();
    for (int n = 1; n <= slices; n++) all.addAll(colours(n));
    if (all.size() > MOST_LABELS)
      throw SheafException.invalid("colours: " + all.size() + " are in use, a label image holds " + MOST_LABELS);
    Map<Integer, Integer> numbers = new HashMap<>();
    for (int colour : all) numbers.put(OPAQUE | colour, numbers.size() + 1);
    ImageStack stack = new ImageStack(width, height);
    for (int n = 1; n <= slices; n++) {
      ShortProcessor out = new ShortProcessor(width, height);
      if (layers.containsKey(n)) {
        int[] colours = layers.get(n).colours;
        for (int i = 0; i < colours.length; i++) out.set(i, numbers.getOrDefault(colours[i], 0));
      }
      out.setMinAndMax(0, Math.max(1, all.size()));
      stack.addSlice(out);
    }
    ImagePlus image = new ImagePlus(title, stack);
    image.setLut(LabelColours.table(Math.max(1, all.size())));
    image.setDisplayRange(0, Math.max(1, all.size()));
    return image;
  }

  /** All that was done, as selections: named R-G-B, or cut; each with its slice. */
  List<Roi> rois() {
    List<Roi> rois = new ArrayList<>();
    for (int n = 1; n <= slices; n++) {
      if (!layers.containsKey(n))
        continue;
      for (int colour : colours(n)) {
        Roi roi = outline(mask(n, colour));
        roi.setName(name(colour));
        roi.setFillColor(new Color(colour));
        roi.setPosition(n);
        rois.add(roi);
      }
      ByteProcessor cuts = new ByteProcessor(width, height);
      int[] original = layers.get(n).original;
      boolean any = false;
      for (int i = 0; i < original.length; i++) {
        if (original[i] == layers.get(n).segments[i])
          continue;
        cuts.set(i, 255);
        any = true;
      }
      if (any) {
        Roi roi = outline(cuts);
        roi.setName(CUT);
        roi.setPosition(n);
        rois.add(roi);
      }
    }
    return rois;
  }

  private static Roi outline(ByteProcessor mask) {
    mask.setThreshold(255, 255, ImageProcessor.NO_LUT_UPDATE);
    return new ThresholdToSelection().convert(mask);
  }

  /** R-G-B as in names of files. */
  static String name(int rgb) {
    return (rgb >> 16 & 255) + "-" + (rgb >> 8 & 255) + "-" + (rgb & 255);
  }

  /** Whether a selection is one of {@link #rois}. */
  static boolean isOwn(Roi roi) {
    String name = String.valueOf(roi.getName());
    return name.equals(CUT) || name.matches("\\d{1,3}-\\d{1,3}-\\d{1,3}");
  }

  /** Does again what {@link #rois} tells; other selections are left alone. Nothing of it can be undone. */
  void restore(Iterable<Roi> rois) {
    for (Roi roi : rois) {
      if (!isOwn(roi))
        continue;
      String name = roi.getName();
      boolean cut = name.equals(CUT);
      int slice = Math.max(1, roi.getPosition());
      if (slice > slices || !roi.isArea())
        continue;
      Layer layer = layer(slice);
      ByteProcessor mask = new ByteProcessor(width, height);
      mask.setValue(255);
      mask.fill(roi);
      String[] parts = name.split("-");
      int colour = cut ? UNPAINTED : OPAQUE | Integer.parseInt(parts[0]) << 16 | Integer.parseInt(parts[1]) << 8 | Integer.parseInt(parts[2]);
      for (int i = 0; i < width * height; i++) {
        if (mask.get(i) == 0)
          continue;
        layer.colours[i] = colour;
        if (cut)
          layer.cut(i);
      }
    }
  }

  /** Colours to lay over the image, half transparent, with the borders of segments. */
  int[] picture(int slice, boolean borders) {
    Layer layer = layer(slice);
    int[] out = new int[width * height];
    for (int i = 0; i < out.length; i++) {
      if (layer.colours[i] != UNPAINTED) {
        out[i] = layer.colours[i] & 0xffffff | 0xa0000000;
      } else if (borders) {
        boolean edge = (i % width < width - 1 && layer.segments[i] != layer.segments[i + 1])
            || (i + width < out.length && layer.segments[i] != layer.segments[i + width]);
        out[i] = edge ? 0x90ffff00 : 0;
      }
    }
    return out;
  }
}
