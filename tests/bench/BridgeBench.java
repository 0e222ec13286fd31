import ij.ImagePlus;
import ij.ImageStack;
import ij.Prefs;
import java.io.BufferedReader;
import java.io.FileReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Paths;
import sheaf.Sheaf;

/**
 * The same operations as sheaf_bench, through the bridge: java -cp ij.jar:Sheaf_.jar BridgeBench.java
 *   run OPERATION OPTIONS RAW WIDTH HEIGHT IMAGES REPEATS   (16-bit) prints {"seconds": [...]}
 *   stream OPERATION OPTIONS WIDTH HEIGHT IMAGES            a virtual stack made up on the fly; prints seconds and the
 *                                                           process's resident memory after a tenth and at the end
 */
public class BridgeBench {
  private static final int THREADS = 2;
  private static final double WARM_UP = 1.5; // seconds, in which the JVM compiles what runs often

  public static void main(String[] a) throws Exception {
    Prefs.setThreads(THREADS);
    if (a[0].equals("run"))
      run(a[1], a[2], a[3], Integer.parseInt(a[4]), Integer.parseInt(a[5]), Integer.parseInt(a[6]), Integer.parseInt(a[7]));
    else
      stream(a[1], a[2], Integer.parseInt(a[3]), Integer.parseInt(a[4]), Integer.parseInt(a[5]));
    System.exit(0);
  }

  private static void run(String operation, String options, String raw, int width, int height, int images, int repeats) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Paths.get(raw))).order(ByteOrder.LITTLE_ENDIAN);
    ImageStack stack = new ImageStack(width, height);
    for (int i = 0; i < images; i++) {
      short[] pixels = new short[width * height];
      bytes.asShortBuffer().get(pixels);
      bytes.position(bytes.position() + 2 * pixels.length);
      stack.addSlice(null, pixels);
    }
    ImagePlus image = new ImagePlus("bench", stack);
    StringBuilder seconds = new StringBuilder();
    long begin = System.nanoTime();
    for (int measured = 0; measured < repeats;) {
      long start = System.nanoTime();
      Sheaf.run(image, operation, options);
      double took = (System.nanoTime() - start) * 1e-9;
      if ((start - begin) * 1e-9 < WARM_UP)
        continue;
      measured++;
      seconds.append(seconds.length() == 0 ? "" : ", ").append(took);
    }
    System.out.println("{\"seconds\": [" + seconds + "]}");
  }

  /** Cuts its images from one larger scene, so that making them costs one copy. */
  private static final class Scene extends ij.VirtualStack {
    private static final int MARGIN = 64;
    private final int width, height, images;
    private final short[] scene;
    long residentEarly;

    Scene(int width, int height, int images) {
      super(width, height, null, "");
      setBitDepth(16);
      this.width = width;
      this.height = height;
      this.images = images;
      int w = width + MARGIN, h = height + MARGIN, state = 1;
      scene = new short[w * h];
      for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
          state = state * 1664525 + 1013904223;
          double waves = Math.sin(x / 9.0) * Math.cos(y / 13.0) + Math.sin((x + 2 * y) / 31.0);
          scene[y * w + x] = (short) (int) (20000 + 8000 * waves + (state >>> 20));
        }
    }

    @Override
    public int getSize() {
      return images;
    }

    @Override
    public int size() {
      return images;
    }

    @Override
    public String getSliceLabel(int n) {
      return null;
    }

    @Override
    public ij.process.ImageProcessor getProcessor(int n) {
      if (n == images / 10)
        residentEarly = resident();
      short[] pixels = new short[width * height];
      int dx = (n - 1) * 7 % MARGIN, dy = (n - 1) * 3 % MARGIN;
      for (int y = 0; y < height; y++) System.arraycopy(scene, (y + dy) * (width + MARGIN) + dx, pixels, y * width, width);
      return new ij.process.ShortProcessor(width, height, pixels, null);
    }
  }

  private static void stream(String operation, String options, int width, int height, int images) throws Exception {
    Scene scene = new Scene(width, height, images);
    ImagePlus image = new ImagePlus("bench", scene);
    long start = System.nanoTime();
    java.util.Map<String, String> given = new java.util.LinkedHashMap<>();
    for (String option : options.split(" "))
      given.put(option.split("=")[0], option.split("=")[1]);
    java.io.File folder = Files.createTempDirectory("sheaf-bench").toFile();
    Sheaf.run(Sheaf.session(), java.util.Collections.singletonList(image), operation, given, folder);
    double took = (System.nanoTime() - start) * 1e-9;
    for (java.io.File file : folder.listFiles()) file.delete();
    folder.delete();
    System.out.println("{\"seconds\": " + took + ", \"resident_early\": " + scene.residentEarly + ", \"resident_end\": " + resident() + "}");
  }

  private static long resident() {
    try (BufferedReader status = new BufferedReader(new FileReader("/proc/self/status"))) {
      for (String line; (line = status.readLine()) != null;)
        if (line.startsWith("VmRSS"))
          return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    throw new IllegalStateException("no VmRSS");
  }
}
