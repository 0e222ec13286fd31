package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.Prefs;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.io.TiffEncoder;
import ij.plugin.FileInfoVirtualStack;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An output that goes to a TIFF file as it is computed, and is shown as a virtual stack. The images lie behind one
 * another, so that they can be written in any order and the file may exceed 4 GB; ImageJ opens it like any stack it
 * saved.
 */
final class DiskOutput extends ImageOutput {
  private static final int CHUNK_BYTES = 1 << 20;
  private static final short STRIP_OFFSETS = 273; // TIFF tag

  private final File file;
  private final boolean littleEndian = Prefs.intelByteOrder;
  private final long pixelsStart;
  private RandomAccessFile out;
  private int bytesPerPixel;
  private final boolean[] written;
  private Object array; // of the image that is written next

  /** @param folder where the file is made; its name is `title`.tif, or `title`-1.tif ... */
  DiskOutput(Schema.Output spec, Info info, ImageInput like, File folder, String title) {
    super(spec, info, like);
    bytesPerPixel = bytesPerPixel(info.pixel);
    pixelsStart = headerBytes();
    written = new boolean[size()];
    long needed = pixelsStart + imageBytes() * size();
    file = unusedFile(folder, title.replaceAll("[/\\\\:*?\"<>|]", "_"));
    try {
      out = new RandomAccessFile(file, "rw");
      long free = folder.getUsableSpace();
      if (free < needed) {
        discard();
        throw SheafException.io("disk: the result needs " + megabytes(needed) + ", the folder " + folder + " has "
                + megabytes(free) + " left; choose another one in Sheaf Settings",
            null);
      }
    } catch (IOException e) {
      throw SheafException.io("disk: the result could not be written to " + folder + ": " + Messages.reason(e)
              + "; choose another folder in Sheaf Settings",
          e);
    }
  }

  static int bytesPerPixel(int pixel) {
    return pixel == Abi.U8 ? 1 : pixel == Abi.F32 ? 4 : pixel == Abi.RGB ? 3 : 2; // labels begin with 16 bits
  }

  private static String megabytes(long bytes) {
    return bytes / 1000000 + " MB";
  }

  private static File unusedFile(File folder, String title) {
    File file = new File(folder, title + ".tif");
    for (int i = 1; file.exists(); i++) file = new File(folder, title + "-" + i + ".tif");
    return file;
  }

  private long imageBytes() {
    return (long) info.width * info.height * bytesPerPixel;
  }

  File file() {
    return file;
  }

  @Override
  boolean keepsImages() {
    return false;
  }

  @Override
  Object blank() {
    if (array == null)
      array = ArraysAhead.create(info.pixel, info.width * info.height);
    return array;
  }

  @Override
  void store(int n, Object pixels) {
    try {
      if (isWide() && bytesPerPixel == 2)
        widen();
      put(n, isWide() && pixels instanceof short[] ? widened((short[]) pixels) : pixels);
      written[n] = true;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private SheafException failure(IOException e) {
    return SheafException.io(
        "disk: writing " + file + " failed (" + Messages.reason(e) + "); the incomplete file was removed", e);
  }

  private void put(int n, Object pixels) throws IOException {
    int row = info.width * bytesPerPixel;
    int rows = Math.max(1, Math.min(info.height, CHUNK_BYTES / row));
    ByteBuffer buffer = allocate(row * rows);
    for (int y = 0; y < info.height; y += rows) {
      int start = y * info.width;
      int count = Math.min(rows, info.height - y) * info.width;
      buffer.clear();
      if (pixels instanceof byte[]) {
        buffer.put((byte[]) pixels, start, count);
      } else if (pixels instanceof short[]) {
        buffer.asShortBuffer().put((short[]) pixels, start, count);
      } else if (pixels instanceof float[]) {
        buffer.asFloatBuffer().put((float[]) pixels, start, count);
      } else {
        for (int i = start; i < start + count; i++) {
          int rgb = ((int[]) pixels)[i];
          buffer.put((byte) (rgb >> 16)).put((byte) (rgb >> 8)).put((byte) rgb);
        }
      }
      buffer.position(0).limit(count * bytesPerPixel);
      writeAll(buffer, position(n) + (long) start * bytesPerPixel);
    }
  }

  private ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
  }

  private long position(int n) {
    return pixelsStart + imageBytes() * n;
  }

  private void writeAll(ByteBuffer bytes, long position) throws IOException {
    while (bytes.hasRemaining()) position += out.getChannel().write(bytes, position);
  }

  /** The first label above 65535 has come: the images so far are rewritten with 32 bits, the last one first. */
  private void widen() throws IOException {
    for (int n = size() - 1; n >= 0; n--) {
      if (!written[n])
        continue;
      bytesPerPixel = 2;
      short[] labels = new short[info.width * info.height];
      ByteBuffer row = allocate(info.width * 2);
      for (int y = 0; y < info.height; y++) {
        row.clear();
        out.seek(position(n) + (long) y * row.capacity());
        out.readFully(row.array());
        row.asShortBuffer().get(labels, y * info.width, info.width);
      }
      bytesPerPixel = 4;
      put(n, widened(labels));
    }
    bytesPerPixel = 4;
  }

  @Override
  void discard() {
    close();
    if (!file.delete())
      file.deleteOnExit();
  }

  private void close() {
    try {
      if (out != null)
        out.close();
    } catch (IOException e) {
      throw failure(e);
    } finally {
      out = null;
    }
  }

  // ---- the file as ImageJ sees it --------------------------------------------------------

  @Override
  ImageStack stack() {
    FileInfo[] images = new FileInfo[size()];
    String[] labels = new String[size()];
    for (int n = 0; n < images.length; n++) {
      FileInfo fi = new FileInfo();
      fi.directory = file.getParent() + File.separator;
      fi.fileName = file.getName();
      fi.width = info.width;
      fi.height = info.height;
      fi.intelByteOrder = littleEndian;
      fi.fileType = bytesPerPixel == 1 ? FileInfo.GRAY8
          : bytesPerPixel == 2         ? FileInfo.GRAY16_UNSIGNED
          : bytesPerPixel == 3         ? FileInfo.RGB
                                       : FileInfo.GRAY32_FLOAT;
      fi.longOffset = position(n);
      images[n] = fi;
      labels[n] = label(n);
    }
    images[0].sliceLabels = labels;
    FileInfoVirtualStack stack = new FileInfoVirtualStack(images);
    stack.setBitDepth(bytesPerPixel * 8);
    return stack;
  }

  /** Room for the header, which is written when colours and display range are known. */
  private long headerBytes() {
    long bytes = 8192 + 1536 + info.channels * (768 + 32);
    if (like != null) {
      ImagePlus from = like.image();
      for (int n = 0; n < size(); n++) bytes += 4 + (label(n) == null ? 0 : 2 * label(n).length());
      Object text = from.getProperty("Info");
      if (text instanceof String)
        bytes += 2 * ((String) text).length();
      if (from.getPropertiesAsArray() != null) {
        for (String property : from.getPropertiesAsArray()) bytes += 4 + 2 * property.length();
      }
      byte[][] overlay = FileSaver.getOverlay(from);
      if (overlay != null) {
        for (byte[] roi : overlay) bytes += 4 + (roi == null ? 0 : roi.length);
      }
    }
    return (bytes + 4095) / 4096 * 4096;
  }

  @Override
  void finished(ImagePlus image) {
    FileInfo fi = image.getFileInfo();
    fi.fileType = fi.fileType == FileInfo.RGB48 ? FileInfo.GRAY16_UNSIGNED : fi.fileType; // what it is on disk
    FileSaver saver = new FileSaver(image);
    fi.nImages = size();
    fi.info = (String) image.getProperty("Info");
    fi.sliceLabels = new String[size()];
    Arrays.setAll(fi.sliceLabels, this::label);
    fi.overlay = FileSaver.getOverlay(image);
    fi.properties = image.getPropertiesAsArray();
    if (image.isComposite())
      saver.saveDisplayRangesAndLuts(image, fi);
    fi.description = saver.getDescriptionString();
    try {
      byte[] header = header(fi);
      writeAll(ByteBuffer.wrap(header), 0);
      writeDirectories(header);
      close();
    } catch (IOException e) {
      throw failure(e);
    }
    FileInfo opened = (FileInfo) fi.clone();
    opened.directory = file.getParent() + File.separator;
    opened.fileName = file.getName();
    opened.longOffset = pixelsStart;
    image.setFileInfo(opened);
  }

  /** ImageJ's own header, its description padded so that the pixels begin where they were put. */
  private byte[] header(FileInfo fi) throws IOException {
    fi.pixels = null;
    fi.virtualStack = null;
    String text = fi.description.trim() + "\n";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean order = Prefs.intelByteOrder; // an encoder asks for it when it is made
    Prefs.intelByteOrder = littleEndian;
    try {
      fi.description = text;
      new TiffEncoder(fi); // tells how long the header would be
      if (fi.offset > pixelsStart)
        throw new IOException("the header needs " + fi.offset + " bytes instead of " + pixelsStart);
      char[] padding = new char[(int) (pixelsStart - fi.offset)];
      Arrays.fill(padding, '\n');
      fi.description = text + new String(padding);
      TiffEncoder encoder = new TiffEncoder(fi);
      try {
        encoder.write(bytes);
      } catch (IOException e) {
        if (bytes.size() != pixelsStart)
          throw e; // else it only missed the pixels, which are in the file already
      }
    } finally {
      Prefs.intelByteOrder = order;
    }
    return bytes.toByteArray();
  }

  /** Directories for the second and further images, for readers other than ImageJ; impossible beyond 4 GB. */
  private void writeDirectories(byte[] header) throws IOException {
    ByteBuffer first = ByteBuffer.wrap(header).order(littleEndian ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    final int start = 8;
    int length = 2 + 12 * first.getShort(start) + 4;
    long end = position(size());
    boolean fits = size() > 1 && end + (long) length * size() < 0xffffffffL;
    ByteBuffer link = allocate(4);
    link.putInt(0, fits ? (int) end : 0);
    writeAll(link, start + length - 4);
    if (!fits)
      return;
    int stripOffsets = 2; // within the directory
    while (first.getShort(start + stripOffsets) != STRIP_OFFSETS) stripOffsets += 12;
    ByteBuffer directory = allocate(length);
    for (int n = 1; n < size(); n++) {
      directory.clear();
      directory.put(header, start, length);
      directory.putInt(stripOffsets + 8, (int) position(n));
      directory.putInt(length - 4, n + 1 < size() ? (int) (end + (long) length * n) : 0);
      directory.position(0);
      writeAll(directory, end + (long) length * (n - 1));
    }
  }
}
