package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.awt.Rectangle;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An object that is cut out step by step, without a window: rectangle and strokes say what is known, each iteration goes
 * on from the division before. Every slice has its own. Slices count from 1, coordinates from 0.
 */
final class GrabCutEngine {
  private static final int KINDS = 4; // a state adds 4 for each Gaussian
  private static final int PROBABLE_FOREGROUND = 4;

  /** Of the strokes of each kind, as ARGB. */
  static final int[] COLOURS = {0, 0xd0ff3030, 0xd03060ff, 0xd000c8ff, 0xd0ffb000};

  /** Divides an image and answers the state. The shared session's operation, or that of a test. */
  interface Divider {
    ImagePlus divide(List<ImagePlus> imageAndAnnotations, Map<String, String> options);
  }

  private final ImagePlus image;
  private final Divider divider;
  private final Map<Integer, Slice> slices = new HashMap<>();

  private static final class Slice {
    Rectangle rectangle;
    final ByteProcessor strokes; // labels as in Annotations
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
    slice(n).rectangle = inside;
    slice(n).state = null;
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
    for (int i = 0; i < mark.getPixelCount(); i++) {
      if (mark.get(i) == 0)
        continue;
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
    slice.state = divider.divide(inputs, options).getProcessor();
  }

  /** Forgets rectangle, strokes and division of a slice. */
  void reset(int n) {
    slices.remove(n);
  }

  boolean isDivided(int n) {
    return slices.containsKey(n) && slices.get(n).state != null;
  }

  int area(int n) {
    int area = 0;
    for (int i = 0; isDivided(n) && i < image.getWidth() * image.getHeight(); i++) area += slices.get(n).isForeground(i) ? 1 : 0;
    return area;
  }

  /**
   * Connected regions (by their sides) of the foreground, then those of the background going on, as labels from 1;
   * slices that were not divided are 0.
   */
  ImagePlus finish(String title) {
    ImageStack stack = new ImageStack(image.getWidth(), image.getHeight());
    int most = 0;
    for (int n = 1; n <= image.getStackSize(); n++) {
      ij.process.ShortProcessor out = new ij.process.ShortProcessor(image.getWidth(), image.getHeight());
      if (isDivided(n))
        most = Math.max(most, number(slices.get(n), out));
      stack.addSlice(image.getStack().getSliceLabel(n), out);
    }
    if (most == 0)
      throw SheafException.invalid("finish: nothing is divided yet; press space, or iterate");
    ImagePlus labels = new ImagePlus(title, stack);
    labels.copyScale(image);
    labels.setDimensions(image.getNChannels(), image.getNSlices(), image.getNFrames());
    labels.setLut(LabelColours.table(most));
    labels.setDisplayRange(0, most);
    return labels;
  }

  private static int number(Slice slice, ij.process.ShortProcessor out) {
    int width = out.getWidth();
    int count = out.getPixelCount();
    int[] open = new int[count];
    int label = 0;
    for (boolean side : new boolean[] {true, false}) {
      for (int start = 0; start < count; start++) {
        if (slice.isForeground(start) != side || out.get(start) != 0)
          continue;
        if (++label > PaintEngine.MOST_LABELS) {
          throw SheafException.invalid("finish: there are more than " + PaintEngine.MOST_LABELS
              + " regions; a label image of 16 bits holds no more");
        }
        int top = 1;
        open[0] = start;
        out.set(start, label);
        while (top > 0) {
          int i = open[--top];
          int x = i % width;
          int[] neighbours = {x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width};
          for (int j : neighbours) {
            if (j < 0 || j >= count || slice.isForeground(j) != side || out.get(j) != 0)
              continue;
            out.set(j, label);
            open[top++] = j;
          }
        }
      }
    }
    return label;
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
