import ij.IJ;
import ij.ImagePlus;
import ij.io.FileInfo;
import ij.io.TiffDecoder;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Tells whether the demo can work with a file: java -Djava.awt.headless=true -cp ij.jar demo_check.java FILE. Otherwise
 * one sentence goes to the standard error, and the exit status is 1. ImageJ would show a dialog, or go on with black
 * images where a file has been cut off.
 */
class DemoCheck {
  private static final int MOST_IMAGES = 1000000; // of a damaged file the directories may form a ring
  private static final int LEAST_SIDE = 16; // below that there is nothing to align

  public static void main(String[] arguments) {
    final File file = new File(arguments[0]);
    if (isTiff(file)) checkLength(file);
    IJ.redirectErrorMessages(true);
    final ImagePlus image = IJ.openImage(file.getPath());
    if (image == null) refuse(file, "ImageJ cannot open it as an image");
    final String given = image.getStackSize() + " of " + image.getWidth() + " x " + image.getHeight() + " pixels given";
    if (image.getStackSize() < 2 || Math.min(image.getWidth(), image.getHeight()) < LEAST_SIDE)
      refuse(file, given + ", the demo needs a stack of 2 or more images of at least " + LEAST_SIDE + " x " + LEAST_SIDE);
    System.exit(0);
  }

  private static boolean isTiff(File file) {
    final String name = file.getName().toLowerCase();
    return name.endsWith(".tif") || name.endsWith(".tiff");
  }

  private static void checkLength(File file) {
    FileInfo[] parts = null;
    try {
      parts = new TiffDecoder(file.getParent() + File.separator, file.getName()).getTiffInfo();
    } catch (IOException | RuntimeException e) {
      refuse(file, "it is damaged or cut off, its directory of images cannot be read");
    }
    if (parts == null) refuse(file, "it is no TIFF file, in spite of its name");
    long end = 0;
    try {
      end = endOfDirectories(file);
    } catch (IOException e) {
      refuse(file, "it is cut off: a directory of an image is missing");
    }
    for (FileInfo part : parts) {
      if (part.nImages > 1) // ImageJ's own: one directory, the images one after the other
        end = Math.max(end, part.getOffset() + part.nImages * ((long) part.width * part.height * part.getBytesPerPixel() + part.gapBetweenImages));
      else
        for (int i = 0; part.stripOffsets != null && i < part.stripOffsets.length; i++)
          end = Math.max(end, (part.stripOffsets[i] & 0xffffffffL) + part.stripLengths[i]);
    }
    if (end > file.length()) refuse(file, "it is cut off: it has " + file.length() + " bytes, its images end at " + end);
  }

  /** ImageJ leaves out images whose directory is missing, without a word. */
  private static long endOfDirectories(File file) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
      final boolean little = in.readShort() == 0x4949;
      final ByteBuffer header = read(in, 4, 4, little);
      long offset = header.getInt(0) & 0xffffffffL;
      long end = 0;
      for (int n = 0; offset != 0 && n < MOST_IMAGES; n++) {
        final int entries = read(in, offset, 2, little).getShort(0) & 0xffff;
        end = Math.max(end, offset + 2 + 12L * entries);
        offset = read(in, offset + 2 + 12L * entries, 4, little).getInt(0) & 0xffffffffL;
      }
      return end;
    }
  }

  private static ByteBuffer read(RandomAccessFile in, long offset, int bytes, boolean little) throws IOException {
    final byte[] data = new byte[bytes];
    in.seek(offset);
    in.readFully(data);
    return ByteBuffer.wrap(data).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
  }

  private static void refuse(File file, String reason) {
    System.err.println(file.getName() + ": " + reason);
    System.exit(1);
  }
}
