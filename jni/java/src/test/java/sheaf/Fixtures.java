package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The session and the images that the tests share. */
final class Fixtures {
  private static Session session;

  private Fixtures() {}

  /** With the test plugins and the bundled ones, whatever the machine has besides. */
  static synchronized Session session() {
    if (session == null) {
      Session loaded = new Session(2, 0, false);
      loaded.load(property("sheaf.test.plugins"));
      loaded.load(property("sheaf.library.dir") + "/sheaf-plugins");
      if (loaded.schema("test.copy") == null) {
        throw new IllegalStateException("there are no test plugins in " + property("sheaf.test.plugins")
            + ": build the target sheaf_fixtures first");
      }
      session = loaded;
    }
    return session;
  }

  static String property(String name) {
    String value = System.getProperty(name, "");
    if (value.isEmpty() || value.startsWith("$"))
      throw new IllegalStateException(name + " is not set: run these tests with ctest");
    return value;
  }

  static Result run(ImagePlus image, String operation, String options) {
    Map<String, String> given = Options.parse(options, name -> null);
    return Sheaf.run(
        session(), image == null ? Collections.emptyList() : Collections.singletonList(image), operation, given, null);
  }

  /** Pixel (x, y) of image n has a value of its own. */
  static ImagePlus stack(int bits, int width, int height, int count) {
    ImageStack stack = new ImageStack(width, height);
    for (int n = 0; n < count; n++) {
      ImageProcessor ip = bits == 8 ? new ByteProcessor(width, height)
          : bits == 16              ? new ShortProcessor(width, height)
          : bits == 24              ? new ColorProcessor(width, height)
                                    : new FloatProcessor(width, height);
      for (int i = 0; i < width * height; i++) {
        int v = 37 * i + 101 * n + i / 7;
        if (bits == 32)
          ip.setf(i, v / 3f - 50);
        else
          ip.set(i, bits == 8 ? v & 0xff : bits == 16 ? v & 0xffff : (v * 2654435) & 0xffffff);
      }
      stack.addSlice("image " + (n + 1), ip);
    }
    return new ImagePlus("pc12.tif", stack);
  }

  static void assertSamePixels(ImagePlus expected, ImagePlus actual) {
    if (expected.getStackSize() != actual.getStackSize())
      throw new AssertionError(actual.getStackSize() + " images instead of " + expected.getStackSize());
    for (int n = 1; n <= expected.getStackSize(); n++) {
      Object a = expected.getStack().getPixels(n);
      Object b = actual.getStack().getPixels(n);
      boolean same = a instanceof byte[] ? Arrays.equals((byte[]) a, (byte[]) b)
          : a instanceof short[]         ? Arrays.equals((short[]) a, (short[]) b)
          : a instanceof int[]           ? sameColours((int[]) a, (int[]) b)
                                         : Arrays.equals((float[]) a, (float[]) b);
      if (!same)
        throw new AssertionError("image " + n + " differs");
    }
  }

  /** ImageJ gives the unused byte of a colour any value. */
  private static boolean sameColours(int[] a, int[] b) {
    for (int i = 0; i < a.length; i++) {
      if (((a[i] ^ b[i]) & 0xffffff) != 0)
        return false;
    }
    return a.length == b.length;
  }

  /** The table of test.describe as a map. */
  static Map<String, Double> description(ImagePlus image) {
    Table table = run(image, "test.describe", "").table();
    Map<String, Double> values = new LinkedHashMap<>();
    for (int i = 0; i < table.rows(); i++) values.put(table.texts("Label")[i], table.numbers("value")[i]);
    return values;
  }

  /** What a main class of the tests prints in a Java of its own. */
  static String child(File folder, List<String> wrapper, List<String> options, Class<?> main, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(wrapper);
    command.addAll(Arrays.asList(System.getProperty("java.home") + "/bin/java", "-Djava.awt.headless=true",
        "-XX:-UsePerfData", "-Dfile.encoding=UTF-8", "-Dsheaf.library.dir=" + property("sheaf.library.dir"),
        "-Dsheaf.test.plugins=" + property("sheaf.test.plugins")));
    if (!options.contains("-cp"))
      command.addAll(Arrays.asList("-cp", System.getProperty("java.class.path")));
    command.addAll(options); // the last one of two counts
    command.add(main.getName());
    command.addAll(Arrays.asList(arguments));
    File output = new File(folder, "output of the child");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output).directory(folder);
    builder.environment().put("XDG_CACHE_HOME", new File(folder, "cache").getPath());
    builder.environment().put("SHEAF_PLUGIN_PATH", property("sheaf.test.plugins"));
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.start().waitFor();
    String said = new String(Files.readAllBytes(output.toPath()), StandardCharsets.UTF_8);
    Files.delete(output.toPath());
    return said;
  }
}
