package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.VirtualStack;
import ij.gui.ImageRoi;
import ij.gui.Roi;
import ij.gui.TextRoi;
import ij.io.FileInfo;
import ij.measure.Calibration;
import ij.plugin.FileInfoVirtualStack;
import ij.process.ImageProcessor;
import ij.process.LUT;
import java.awt.Rectangle;
import java.io.File;
import java.util.HashMap;
import java.util.Map;

/**
 * The images of an ImagePlus as an operation sees them: one after the other in ImageJ's order (channels vary fastest,
 * then slices, then frames), read when asked for, so that a virtual stack is never held as a whole.
 */
final class ImageInput {
  private final ImagePlus image;
  private final ImageStack stack;
  private final int size;
  private final int pixel;
  private final Roi roi;
  private final LUT palette; // of an indexed image that is read as RGB, else null
  private final Map<File, Long> fileLengths = new HashMap<>();

  /**
   * @param accepted what the operation takes; null = anything
   * @throws SheafException if there is nothing to work on
   */
  ImageInput(ImagePlus image, Schema.Input accepted) {
    if (image == null || image.getProcessor() == null)
      throw SheafException.invalid("image: there are no images open");
    this.image = image;
    stack = image.getStack();
    size = image.getStackSize();
    roi = image.getRoi() == null ? null : (Roi) image.getRoi().clone();
    int own = pixelOf(image.getBitDepth());
    boolean labels = accepted != null && own != Abi.RGB && accepted.takesOnlyLabels(own);
    LUT lut = !labels && image.getType() == ImagePlus.COLOR_256 ? image.getProcessor().getLut() : null;
    palette = lut == null || isMonotonic(lut) ? null : lut;
    pixel = palette != null ? Abi.RGB : own;
  }

  private static int pixelOf(int bitDepth) {
    switch (bitDepth) {
      case 8:
        return Abi.U8;
      case 16:
        return Abi.U16;
      case 24:
        return Abi.RGB;
      default:
        return Abi.F32;
    }
  }

  /**
   * Whether a palette only colours intensities: its luminance never falls, or never rises. Otherwise its indices are
   * names of colours, with which no arithmetic makes sense.
   */
  private static boolean isMonotonic(LUT lut) {
    boolean falls = false;
    boolean rises = false;
    for (int i = 1; i < 256; i++) {
      double change = luminance(lut.getRGB(i)) - luminance(lut.getRGB(i - 1));
      // palettes that files carry are rounded to 8 bits a channel
      falls |= change < -2;
      rises |= change > 2;
    }
    return !(falls && rises);
  }

  private static double luminance(int rgb) {
    return 0.299 * (rgb >> 16 & 255) + 0.587 * (rgb >> 8 & 255) + 0.114 * (rgb & 255);
  }

  ImagePlus image() {
    return image;
  }

  int size() {
    return size;
  }

  int pixel() {
    return pixel;
  }

  /** Whether an indexed image is read as RGB because its colours are no order of intensities. */
  boolean isConverted() {
    return palette != null;
  }

  Info info() {
    Info info = new Info();
    info.pixel = pixel;
    info.width = image.getWidth();
    info.height = image.getHeight();
    info.slices = size;
    int[] dimensions = image.getDimensions();
    if (dimensions[2] * dimensions[3] * dimensions[4] == size) {
      info.channels = dimensions[2];
      info.depth = dimensions[3];
      info.frames = dimensions[4];
    } else {
      info.depth = size;
    }
    Calibration c = image.getCalibration();
    info.spacingX = c.pixelWidth;
    info.spacingY = c.pixelHeight;
    info.spacingZ = c.pixelDepth;
    info.unit = c.scaled() ? c.getUnit() : null;
    info.interval = c.frameInterval * seconds(c.getTimeUnit());
    double[] line = valueLine(c, pixel);
    if (line != null) {
      info.flags |= Abi.VALUES_CALIBRATED;
      info.valueOffset = line[0];
      info.valueScale = line[1];
    }
    return info;
  }

  private static double seconds(String unit) {
    switch (unit) {
      case "ms":
      case "msec":
        return 0.001;
      case "min":
        return 60;
      case "h":
      case "hour":
        return 3600;
      default:
        return 1;
    }
  }

  /** Offset and scale of a linear value calibration of an integer image (a signed one: -32768, 1), else null. */
  static double[] valueLine(Calibration c, int pixel) {
    if (pixel != Abi.U8 && pixel != Abi.U16)
      return null;
    if (c.getFunction() != Calibration.STRAIGHT_LINE)
      return null;
    double[] k = c.getCoefficients();
    return k == null || k.length < 2 ? null : new double[] {k[0], k[1]};
  }

  /** The name of image n (from 0): the first line of its label, which in ImageJ may carry a whole header. */
  String label(long n) {
    String label = stack.getSliceLabel((int) n + 1);
    if (label == null && size == 1)
      label = image.getTitle();
    if (label == null)
      return null;
    int end = label.indexOf('\n');
    return (end < 0 ? label : label.substring(0, end)).trim();
  }

  /** The pixels of image n (from 0), of the type of {@link #pixel}; valid until the next call. */
  Object pixels(long n) {
    int index = (int) n + 1;
    String which = "image " + index + " of " + image.getTitle();
    if (!stack.isVirtual())
      return checked(stack.getPixels(index), stack.getWidth(), stack.getHeight(), which);
    File file = file(index);
    checkFile(file, which);
    ImageProcessor ip;
    try {
      ip = stack.getProcessor(index);
    } catch (RuntimeException e) {
      throw SheafException.io(which + " could not be read: " + e, e);
    }
    checkFile(file, which); // ImageJ shows a black image for one that it cannot read
    if (ip == null)
      throw SheafException.io(which + " could not be read", null);
    return checked(ip.getPixels(), ip.getWidth(), ip.getHeight(), which);
  }

  private Object checked(Object pixels, int width, int height, String which) {
    if (width != image.getWidth() || height != image.getHeight()) {
      throw SheafException.invalid(which + " is " + width + " x " + height + " pixels, the first is " + image.getWidth()
          + " x " + image.getHeight() + "; all must be of one size");
    }
    int depth = image.getBitDepth();
    boolean fits = depth == 8 ? pixels instanceof byte[]
        : depth == 16         ? pixels instanceof short[]
        : depth == 24         ? pixels instanceof int[]
                              : pixels instanceof float[];
    if (!fits)
      throw SheafException.invalid(which + " is of another type than the first; all must be of one type");
    return palette == null ? pixels : coloured((byte[]) pixels);
  }

  private int[] coloured(byte[] indices) {
    int[] colours = new int[indices.length];
    for (int i = 0; i < indices.length; i++) colours[i] = palette.getRGB(indices[i] & 255) & 0xffffff;
    return colours;
  }

  /** The file that a virtual stack reads image `index` from, or null if it has none. */
  private File file(int index) {
    if (!(stack instanceof FileInfoVirtualStack) && stack.getClass() != VirtualStack.class)
      return null;
    VirtualStack files = (VirtualStack) stack;
    int position = files.translate(index);
    String folder = files.getDirectory();
    if (stack instanceof FileInfoVirtualStack) {
      FileInfo info = image.getOriginalFileInfo();
      if (info != null && info.url != null && !info.url.isEmpty())
        return null;
    }
    String name = folder == null ? null : files.getFileName(position);
    return name == null ? null : new File(name).isAbsolute() ? new File(name) : new File(folder, name);
  }

  /** Says it if the file that a virtual stack reads image n (from 0) from has gone. */
  void checkFile(long n) {
    int index = (int) n + 1;
    checkFile(file(index), "image " + index + " of " + image.getTitle());
  }

  /** ImageJ does not report a file that has vanished or was cut short. */
  private void checkFile(File file, String which) {
    if (file == null)
      return;
    if (!file.isFile())
      throw SheafException.io(which + " could not be read: the file " + file + " is gone", null);
    Long before = fileLengths.putIfAbsent(file, file.length());
    if (before != null && file.length() < before) {
      throw SheafException.io(
          which + " could not be read: the file " + file + " became shorter while it was in use", null);
    }
  }

  /**
   * The region of interest as 0 and 255, or null if there is none.
   *
   * @throws SheafException if the selection is no area of the image
   */
  byte[] mask() {
    if (roi == null)
      return null;
    boolean drawing = roi instanceof TextRoi || roi instanceof ImageRoi;
    if (!roi.isArea() || drawing) {
      throw SheafException.invalid("selection: a " + roi.getTypeAsString().toLowerCase(java.util.Locale.ROOT)
          + " selection encloses no area; draw a rectangle, oval, polygon or freehand area, or remove the selection");
    }
    int width = image.getWidth();
    int height = image.getHeight();
    Rectangle bounds = roi.getBounds();
    ImageProcessor shape = roi.getMask(); // null for a rectangle
    byte[] mask = new byte[width * height];
    boolean empty = true;
    for (int y = Math.max(0, bounds.y); y < Math.min(height, bounds.y + bounds.height); y++) {
      for (int x = Math.max(0, bounds.x); x < Math.min(width, bounds.x + bounds.width); x++) {
        if (shape != null && shape.get(x - bounds.x, y - bounds.y) == 0)
          continue;
        mask[y * width + x] = (byte) 255;
        empty = false;
      }
    }
    if (empty) {
      throw SheafException.invalid("selection: no pixel of it lies inside the image, which is " + width + " x " + height
          + " pixels; move or remove it");
    }
    return mask;
  }
}
