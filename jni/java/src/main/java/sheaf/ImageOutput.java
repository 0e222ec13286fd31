package sheaf;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Overlay;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.LUT;
import ij.process.ShortProcessor;
import java.util.Arrays;

/**
 * Collects the images of one output, in any order, and makes an ImagePlus of them that keeps what the user knows about
 * the input: calibration, dimensions, labels, colours, display range, Info, overlay.
 */
class ImageOutput {
  final Schema.Output spec;
  final Info info;
  final ImageInput like;
  private final Object[] images;
  private ArraysAhead arrays;
  private boolean wide; // some labels need 32 bits
  private int largest; // label
  private final double[] low; // of each channel, if the output has a display range of its own
  private final double[] high;

  /** @param like the input that the output resembles, or null */
  ImageOutput(Schema.Output spec, Info info, ImageInput like) {
    if ((long) info.width * info.height > Integer.MAX_VALUE - 8 || info.slices > Integer.MAX_VALUE - 8) {
      throw new SheafException(Abi.UNSUPPORTED,
          spec.name + ": " + info.slices + " images of " + info.width + " x " + info.height
              + " pixels are more than ImageJ can hold");
    }
    this.spec = spec;
    this.info = info;
    this.like = like;
    images = new Object[keepsImages() ? (int) info.slices : 0];
    low = new double[Math.max(1, info.channels)];
    high = new double[low.length];
    Arrays.fill(low, Double.POSITIVE_INFINITY);
    Arrays.fill(high, Double.NEGATIVE_INFINITY);
  }

  boolean keepsImages() {
    return true;
  }

  final int size() {
    return (int) info.slices;
  }

  /** An array for one image. */
  Object blank() {
    if (arrays == null)
      arrays = new ArraysAhead(info.pixel, info.width * info.height, size());
    return arrays.take();
  }

  /** Nothing more will be written. */
  final void endOfRun() {
    if (arrays != null)
      arrays.close();
  }

  final boolean isLabels() {
    return info.pixel == Abi.LABEL;
  }

  /** Takes image n (from 0). */
  final void write(long n, Object pixels, int largestLabel) {
    if (isLabels()) {
      wide |= pixels instanceof float[];
      largest = Math.max(largest, largestLabel);
    } else if (pixels instanceof int[]) {
      // the core leaves the fourth byte undefined; in ImageJ it is an opacity, which some plugins compare
      int[] colours = (int[]) pixels;
      for (int i = 0; i < colours.length; i++) colours[i] |= 0xff000000;
    } else if (spec.ownDisplay) {
      ImageProcessor ip = gray(info, pixels);
      int c = (int) (n % low.length);
      low[c] = Math.min(low[c], ip.getMin());
      high[c] = Math.max(high[c], ip.getMax());
    }
    store((int) n, pixels);
  }

  /** Pixels other than colours, at the range in which ImageJ shows a new image: 0 to 255, or that of the values. */
  static ImageProcessor gray(Info info, Object pixels) {
    ImageProcessor ip = pixels instanceof byte[] ? new ByteProcessor(info.width, info.height, (byte[]) pixels)
        : pixels instanceof short[]              ? new ShortProcessor(info.width, info.height, (short[]) pixels, null)
                                                 : new FloatProcessor(info.width, info.height, (float[]) pixels);
    ip.resetMinAndMax();
    return ip;
  }

  void store(int n, Object pixels) {
    images[n] = pixels;
  }

  /** Frees what was collected, after a failure. */
  void discard() {
    Arrays.fill(images, null);
  }

  /** All images, of one type. */
  ImageStack stack() {
    ImageStack stack = new ImageStack(info.width, info.height);
    for (int n = 0; n < images.length; n++) {
      Object pixels = images[n];
      stack.addSlice(label(n), wide && pixels instanceof short[] ? widened((short[]) pixels) : pixels);
      images[n] = null;
    }
    return stack;
  }

  final boolean isWide() {
    return wide;
  }

  static float[] widened(short[] labels) {
    float[] wide = new float[labels.length];
    for (int i = 0; i < labels.length; i++) wide[i] = labels[i] & 0xffff;
    return wide;
  }

  // ---- what the result keeps of the input ---------------------------------------------

  private boolean hasAsManyImages() {
    return like != null && like.size() == size();
  }

  private boolean hasSameSize() {
    return like != null && like.image().getWidth() == info.width && like.image().getHeight() == info.height;
  }

  private boolean hasSameType() {
    return like != null && !spec.ownType && like.pixel() == info.pixel && !like.isConverted();
  }

  /** The whole label that ImageJ keeps for image n, or null. */
  final String label(int n) {
    return hasAsManyImages() ? like.image().getStack().getSliceLabel(n + 1) : null;
  }

  final ImagePlus finish(String title) {
    ImagePlus out = new ImagePlus(title, stack());
    if (info.channels * info.depth * info.frames == size())
      out.setDimensions(info.channels, info.depth, info.frames);
    if (like != null) {
      ImagePlus from = like.image();
      out.setOpenAsHyperStack(from.isHyperStack() || from.getOpenAsHyperStack() || from.isDisplayedHyperStack());
      if (from.isComposite() && info.channels == from.getNChannels() && info.channels > 1 && info.pixel != Abi.RGB) {
        out = new CompositeImage(out, isLabels() ? IJ.COLOR : ((CompositeImage) from).getMode());
      }
      copyProperties(from, out);
    }
    out.setCalibration(calibration());
    colour(out);
    if (hasAsManyImages() && size() > 1)
      showPosition(out);
    finished(out);
    return out;
  }

  /** The image is complete, but not shown yet. */
  void finished(ImagePlus out) {}

  private void copyProperties(ImagePlus from, ImagePlus out) {
    if (from.getProperty("Info") != null)
      out.setProperty("Info", from.getProperty("Info"));
    out.setProperties(from.getPropertiesAsArray());
    Overlay overlay = Live.withoutPictures(from.getOverlay());
    // on an image of another size it would lie elsewhere: the frame of a crop is not known here
    if (overlay.size() > 0 && hasSameSize() && hasAsManyImages())
      out.setOverlay(overlay);
  }

  private Calibration calibration() {
    Calibration c;
    if (like != null) {
      c = like.image().getCalibration().copy();
      if (!hasSameSize())
        c.xOrigin = c.yOrigin = 0;
    } else {
      c = new Calibration();
      if (info.unit != null) {
        c.setUnit(info.unit);
        c.pixelWidth = info.spacingX;
        c.pixelHeight = info.spacingY;
        c.pixelDepth = info.spacingZ;
      }
      c.frameInterval = info.interval;
    }
    boolean calibrated = (info.flags & Abi.VALUES_CALIBRATED) != 0;
    double[] line = {info.valueOffset, info.valueScale};
    double[] lineOfInput = like == null ? null : ImageInput.valueLine(like.image().getCalibration(), like.pixel());
    boolean sameValues =
        hasSameType() && calibrated == (lineOfInput != null) && (!calibrated || Arrays.equals(line, lineOfInput));
    if (sameValues)
      return c;
    if (calibrated)
      c.setFunction(Calibration.STRAIGHT_LINE, line, c.getValueUnit());
    else
      c.setFunction(Calibration.NONE, null, "Gray Value");
    return c;
  }

  private void colour(ImagePlus out) {
    if (isLabels()) {
      int max = Math.max(1, largest);
      LUT table = LabelColours.table(max);
      table.min = 0;
      table.max = max;
      if (out.isComposite()) {
        LUT[] tables = new LUT[info.channels];
        Arrays.fill(tables, table);
        ((CompositeImage) out).setLuts(tables);
      }
      out.getProcessor().setLut(table);
      out.setDisplayRange(0, max);
    } else if (hasSameType() && info.pixel != Abi.RGB) {
      ImagePlus from = like.image();
      if (out.isComposite()) {
        ((CompositeImage) out).copyLuts(from);
        if (spec.ownDisplay)
          showOwnRanges((CompositeImage) out);
        LUT shown = ((CompositeImage) out).getChannelLut(out.getC());
        out.getProcessor().setMinAndMax(shown.min, shown.max);
      } else {
        out.getProcessor().setLut(from.getProcessor().getLut());
        if (from.getType() == ImagePlus.COLOR_256)
          out.setTypeToColor256();
        double min = Arrays.stream(low).min().getAsDouble();
        double max = Arrays.stream(high).max().getAsDouble();
        if (min <= max) // else it keeps the input's range, or has no finite value
          out.setDisplayRange(min, max);
        else
          out.setDisplayRange(from.getDisplayRangeMin(), from.getDisplayRangeMax());
      }
    } else if (info.pixel != Abi.RGB) {
      out.resetDisplayRange();
    }
  }

  private void showOwnRanges(CompositeImage out) {
    LUT[] tables = out.getLuts();
    for (int c = 0; c < tables.length; c++) {
      if (low[c] <= high[c]) {
        tables[c].min = low[c];
        tables[c].max = high[c];
      }
    }
    out.setLuts(tables);
  }

  /** Opens where the user was looking. */
  private void showPosition(ImagePlus out) {
    ImagePlus from = like.image();
    if (out.isHyperStack())
      out.setPositionWithoutUpdate(from.getC(), from.getZ(), from.getT());
    else
      out.setSliceWithoutUpdate(from.getCurrentSlice());
  }
}
