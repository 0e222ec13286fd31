package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.Rectangle;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * An object that is cut out step by step, without a window: rectangle and strokes say what is known, each iteration goes
 * on from the division before. Every slice has its own. Slices count from 1, coordinates from 0.
 */
final class GrabCutEngine {
  private static final int KINDS = 4; // a state adds 4 for each Gaussian
  private static final int PROBABLE_FOREGROUND = 4;
  private static final long REMEMBERED_BYTES = 200_000_000;

  /** Of the strokes of each kind, as ARGB. */
  static final int[] COLOURS = {0, 0xd0ff3030, 0xd03060ff, 0xd000c8ff, 0xd0ffb000};

  /** Divides an image and answers the state. The shared session's operation, or that of a test. */
  interface Divider {
    ImagePlus divide(List<ImagePlus> imageAndAnnotations, Map<String, String> options);
  }

  private final ImagePlus image;
  private final Divider divider;
  private final Map<Integer, Slice> slices = new HashMap<>();
  private final Deque<Change> changes = new ArrayDeque<>();
  private long remembered;

  /** How an action is taken back, on the slice as the action left it. */
  private static final class Change {
    final int slice;
    final long bytes;
    final Consumer<Slice> back;

    Change(int slice, long bytes, Consumer<Slice> back) {
      this.slice = slice;
      this.bytes = bytes;
      this.back = back;
    }
  }

  private static final class Slice {
    Rectangle rectangle;
    ByteProcessor strokes; // labels as in Annotations
    ImageProcessor state; // of the last division, with the strokes that were drawn since

    Slice(int width, int height) {
      strokes = new ByteProcessor(width, height);
    }

    boolean isForeground(int i) {
      int kind = state.get(i) == 0 ? 0 : (state.get(i) - 1) % KINDS + 1;
      return kind == Annotations.FOREGROUND || kind == PROBABLE_FOREGROUND;
    }
  }

  GrabCutEngine(ImagePlus image, Divider divider) {
    this.image = image;
    this.divider = divider;
  }

  static ImagePlus divide(List<ImagePlus> inputs, Map<String, String> options) {
    return Sheaf.run(Sheaf.session(), inputs, "segment.grabcut", options, null).images().get("state");
  }

  private Slice slice(int n) {
    return slices.computeIfAbsent(n, k -> new Slice(image.getWidth(), image.getHeight()));
  }

  /** The object lies inside; a new rectangle begins anew, strokes stay. */
  void rectangle(int n, Rectangle r) {
    if (r.width < 1 || r.height < 1) {
      throw SheafException.invalid("rectangle: width " + r.width + " and height " + r.height
          + " given, each needs to be at least 1 pixel");
    }
    Rectangle inside = r.intersection(new Rectangle(image.getWidth(), image.getHeight()));
    if (inside.isEmpty()) {
      throw SheafException.invalid("rectangle: no pixel of it lies inside the image, which is " + image.getWidth()
          + " x " + image.getHeight() + " pixels");
    }
    if (inside.width == image.getWidth() && inside.height == image.getHeight())
      throw SheafException.invalid(
          "rectangle: it covers the whole image; draw it so that background is left outside");
    Slice slice = slice(n);
    rememberSlice(n);
    slice.rectangle = inside;
    slice.state = null;
  }

  Rectangle rectangle(int n) {
    return slice(n).rectangle;
  }

  /**
   * Where strokes meet the later one holds.
   *
   * @param replaces whether it may contradict an earlier stroke
   * @param xy points of the stroke, x, y, x, y, ...
   * @return how many pixels of earlier strokes it contradicts
   */
  int stroke(int n, boolean replaces, int label, int brush, int... xy) {
    if (brush < 1 || brush > 1000)
      throw SheafException.invalid("brush: " + brush + " given, accepted: 1 to 1000 pixels");
    ByteProcessor mark = mark(brush, xy);
    Slice slice = slice(n);
    boolean inside = false;
    int contradicted = 0;
    for (int i = 0; i < mark.getPixelCount(); i++) {
      if (mark.get(i) == 0)
        continue;
      inside = true;
      int before = slice.strokes.get(i);
      if (before == 0 || before != Annotations.contrary(label))
        continue;
      contradicted++;
      if (!replaces) {
        throw SheafException.invalid("points: pixel " + i % mark.getWidth() + "," + i / mark.getWidth()
            + " is " + Annotations.kind(before) + " by an earlier stroke and would be " + Annotations.kind(label)
            + "; add \"" + GrabCut.REPLACE + "\" after the points if this stroke is to hold");
      }
    }
    if (!inside) {
      throw SheafException.invalid("points: no pixel of the stroke lies inside the image, which is " + image.getWidth()
          + " x " + image.getHeight() + " pixels");
    }
    int[] drawn = IntStream.range(0, mark.getPixelCount()).filter(i -> mark.get(i) != 0).toArray();
    rememberStroke(n, drawn);
    for (int i : drawn) {
      slice.strokes.set(i, label);
      if (slice.state != null)
        slice.state.set(i, label);
    }
    return contradicted;
  }

  private ByteProcessor mark(int brush, int... xy) {
    ByteProcessor mark = new ByteProcessor(image.getWidth(), image.getHeight());
    mark.setValue(255);
    mark.setLineWidth(brush);
    if (xy.length == 2) {
      mark.drawDot(xy[0], xy[1]);
    } else {
      float[] x = new float[xy.length / 2];
      float[] y = new float[xy.length / 2];
      for (int i = 0; i < x.length; i++) {
        x[i] = xy[2 * i];
        y[i] = xy[2 * i + 1];
      }
      PolygonRoi line = new PolygonRoi(x, y, Roi.FREELINE);
      line.setStrokeWidth(brush);
      line.drawPixels(mark);
    }
    return mark;
  }

  /** Divides the slice; goes on from the division before, if there is one: n times one iteration are n iterations. */
  void iterate(int n, int iterations) {
    Slice slice = slice(n);
    new ImageInput(image, null).checkFile(n - 1L);
    ImageProcessor ip = image.getStack().getProcessor(n);
    ImagePlus one = new ImagePlus(image.getTitle(), ip.duplicate());
    one.setCalibration(null);
    if (slice.rectangle != null)
      one.setRoi(new Roi(slice.rectangle));
    ImageProcessor known = slice.state != null ? slice.state : slice.strokes.duplicate();
    boolean any = known.getStats().max > 0;
    if (slice.rectangle == null && !any)
      throw SheafException.invalid("iterate: draw a rectangle around the object, or strokes, first");
    List<ImagePlus> inputs = any ? Arrays.asList(one, new ImagePlus("annotations", known)) : Collections.singletonList(one);
    Map<String, String> options = new LinkedHashMap<>();
    options.put("iterations", String.valueOf(iterations));
    options.put("output", "state");
    ImageProcessor divided = divider.divide(inputs, options).getProcessor();
    rememberSlice(n);
    slice.state = divided;
  }

  /** Forgets rectangle, strokes and division of a slice; can be undone. */
  void reset(int n) {
    Slice slice = slice(n);
    if (slice.rectangle == null && slice.state == null && slice.strokes.getStats().max == 0)
      return;
    rememberSlice(n);
    slice.rectangle = null;
    slice.state = null;
    slice.strokes = new ByteProcessor(image.getWidth(), image.getHeight());
  }

  // ---- undo ------------------------------------------------------------------------------

  private void remember(int n, long bytes, Consumer<Slice> back) {
    changes.push(new Change(n, bytes, back));
    remembered += bytes;
    while (remembered > REMEMBERED_BYTES && changes.size() > 1) remembered -= changes.removeLast().bytes;
  }

  private void rememberStroke(int n, int[] drawn) {
    Slice slice = slice(n);
    int[] strokes = IntStream.of(drawn).map(slice.strokes::get).toArray();
    int[] states = slice.state == null ? null : IntStream.of(drawn).map(slice.state::get).toArray();
    remember(n, 12L * drawn.length, s -> {
      for (int i = 0; i < drawn.length; i++) {
        s.strokes.set(drawn[i], strokes[i]);
        if (states != null)
          s.state.set(drawn[i], states[i]);
      }
    });
  }

  /** All that a rectangle, an iteration or a reset puts something else in the place of. */
  private void rememberSlice(int n) {
    Rectangle rectangle = slice(n).rectangle;
    ByteProcessor strokes = slice(n).strokes;
    ImageProcessor state = slice(n).state;
    long bytes = strokes.getPixelCount() * (1L + (state == null ? 0 : state.getBitDepth() / 8));
    remember(n, bytes, s -> {
      s.rectangle = rectangle;
      s.strokes = strokes;
      s.state = state;
    });
  }

  /**
   * Takes the last rectangle, stroke, division or reset back.
   *
   * @return its slice
   */
  int undo() {
    if (changes.isEmpty())
      throw SheafException.invalid("undo: there is nothing to undo");
    Change change = changes.pop();
    remembered -= change.bytes;
    change.back.accept(slice(change.slice));
    return change.slice;
  }

  // ---- what there is ---------------------------------------------------------------------

  boolean isDivided(int n) {
    return slices.containsKey(n) && slices.get(n).state != null;
  }

  int area(int n) {
    int area = 0;
    for (int i = 0; isDivided(n) && i < image.getWidth() * image.getHeight(); i++) area += slices.get(n).isForeground(i) ? 1 : 0;
    return area;
  }

  /**
   * The labels that the command gives: 1 in the foreground, 0 in the background and in slices that were not divided.
   *
   * @param separate the connected regions of the foreground have numbers of their own
   */
  ImagePlus finish(String title, boolean separate) {
    Map<Integer, int[]> found = new HashMap<>();
    int largest = 1;
    for (int n = 1; n <= image.getStackSize(); n++) {
      if (!isDivided(n))
        continue;
      int[] labels = new int[image.getWidth() * image.getHeight()];
      largest = Math.max(largest, label(slices.get(n), labels, separate));
      found.put(n, labels);
    }
    if (found.isEmpty())
      throw SheafException.invalid("finish: nothing is divided yet; press space, or iterate");
    ImageStack stack = new ImageStack(image.getWidth(), image.getHeight());
    for (int n = 1; n <= image.getStackSize(); n++) {
      ImageProcessor ip = largest > PaintEngine.MOST_LABELS ? new FloatProcessor(image.getWidth(), image.getHeight())
                                                            : new ShortProcessor(image.getWidth(), image.getHeight());
      int[] labels = found.getOrDefault(n, new int[0]);
      for (int i = 0; i < labels.length; i++) ip.setf(i, labels[i]);
      stack.addSlice(image.getStack().getSliceLabel(n), ip);
    }
    ImagePlus labels = new ImagePlus(title, stack);
    labels.copyScale(image);
    labels.setDimensions(image.getNChannels(), image.getNSlices(), image.getNFrames());
    labels.setLut(LabelColours.table(largest));
    labels.setDisplayRange(0, largest);
    return labels;
  }

  /** Regions are connected by their sides and corners, and counted in the order of their first pixels. */
  private int label(Slice slice, int[] labels, boolean separate) {
    int width = image.getWidth();
    int[] open = new int[separate ? labels.length : 0];
    int count = 0;
    for (int start = 0; start < labels.length; start++) {
      if (labels[start] != 0 || !slice.isForeground(start))
        continue;
      if (!separate) {
        labels[start] = count = 1;
        continue;
      }
      labels[start] = ++count;
      int top = 1;
      open[0] = start;
      while (top > 0) {
        int i = open[--top];
        int x = i % width;
        for (int line = i - width; line <= i + width; line += width) {
          for (int j = x > 0 ? line - 1 : line; j <= (x < width - 1 ? line + 1 : line); j++) {
            if (j < 0 || j >= labels.length || labels[j] != 0 || !slice.isForeground(j))
              continue;
            labels[j] = count;
            open[top++] = j;
          }
        }
      }
    }
    return count;
  }

  /** Foreground green with a bright border, strokes and rectangle in their colours, as ARGB. */
  int[] picture(int n) {
    int width = image.getWidth();
    int[] out = new int[width * image.getHeight()];
    Slice slice = slice(n);
    for (int i = 0; i < out.length; i++) {
      int stroke = slice.strokes.get(i);
      if (stroke > 0) {
        out[i] = COLOURS[stroke];
      } else if (slice.state != null) {
        boolean edge = (i % width > 0 && slice.isForeground(i) != slice.isForeground(i - 1))
            || (i >= width && slice.isForeground(i) != slice.isForeground(i - width));
        out[i] = edge ? 0xffffff00 : slice.isForeground(i) ? 0x4000ff00 : 0;
      }
    }
    if (slice.rectangle != null) {
      Rectangle r = slice.rectangle;
      for (int x = r.x; x < r.x + r.width; x++) out[r.y * width + x] = out[(r.y + r.height - 1) * width + x] = 0xffffffff;
      for (int y = r.y; y < r.y + r.height; y++) out[y * width + r.x] = out[y * width + r.x + r.width - 1] = 0xffffffff;
    }
    return out;
  }
}
