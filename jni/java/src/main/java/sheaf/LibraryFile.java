package sheaf;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/** What the header of a native library says, read before the library is loaded. */
final class LibraryFile {
  private static final int ELF_MAGIC = 0x464c457f; // 0x7f "ELF"
  private static final int MACH_O_MAGIC = 0xfeedfacf;
  private static final int MACH_O_FAT_MAGIC = 0xbebafeca;
  private static final int PE_MAGIC = 0x5a4d; // "MZ"

  private LibraryFile() {}

  /** Fiji's name for this platform: linux64, linux-arm64, macos64, macos-arm64, win64, win-arm64. */
  static String platform() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String name = os.startsWith("windows") ? "win" : os.startsWith("mac") ? "macos" : "linux";
    return name + (processor().equals("arm64") ? "-arm64" : "64");
  }

  private static String processor() {
    String arch = System.getProperty("os.arch", "");
    return arch.equals("aarch64") || arch.equals("arm64") ? "arm64" : arch.equals("amd64") ? "x86-64" : arch;
  }

  /** Why this file cannot be loaded here and what to do about it, or null if nothing speaks against it. */
  static String problem(File file) {
    byte[] header = new byte[64];
    int read;
    long length;
    try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
      length = in.length();
      read = 0;
      for (int n; read < header.length && (n = in.read(header, read, header.length - read)) > 0;) read += n;
    } catch (IOException e) {
      return "the file cannot be read: " + e.getMessage();
    }
    ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    int magic = fields.getInt(0);
    if (magic == ELF_MAGIC) {
      if (!platform().startsWith("linux"))
        return other("Linux");
      return read < header.length ? truncated(length) : elfProblem(fields, length);
    }
    if ((magic & 0xffff) == PE_MAGIC)
      return platform().startsWith("win") ? null : other("Windows");
    if (magic == MACH_O_MAGIC || magic == MACH_O_FAT_MAGIC)
      return platform().startsWith("macos") ? null : other("macOS");
    return read < 4 ? truncated(length) : "the file is not a native library; install it again";
  }

  private static String elfProblem(ByteBuffer header, long length) {
    int machine = header.getShort(18) & 0xffff;
    String made = machine == 62 ? "x86-64" : machine == 183 ? "arm64" : "another processor";
    boolean wide = header.get(4) == 2;
    if (!wide || !made.equals(processor()))
      return other(wide ? "Linux on " + made : "32-bit Linux");
    // the section headers are what a linker writes last
    long end = header.getLong(40) + (long) (header.getShort(58) & 0xffff) * (header.getShort(60) & 0xffff);
    return end > length ? truncated(length) : null;
  }

  private static String other(String system) {
    return "the library is for " + system + ", this Java runs as " + platform() + "; install the Sheaf for "
        + platform();
  }

  private static String truncated(long length) {
    return "the file is truncated after " + length + " bytes; install it again";
  }
}
