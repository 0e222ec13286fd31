package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.gui.Line;
import ij.gui.OvalRoi;
import ij.gui.PointRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.gui.TextRoi;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every input that cannot work ends with one sentence; nothing is lost and nothing is left behind. */
class ErrorsTest {
  private static SheafException failure(ImagePlus image, String operation, String options) {
    SheafException e = assertThrows(SheafException.class, () -> Fixtures.run(image, operation, options));
    if (image != null)
      assertFalse(image.isLocked());
    assertFalse(e.getMessage().isEmpty());
    assertEquals(0, Fixtures.session().runs());
    return e;
  }

  private static String sentence(ImagePlus image, String operation, String options) {
    return failure(image, operation, options).getMessage();
  }

  private final ImagePlus image = Fixtures.stack(8, 20, 16, 5);

  @Test
  void noImage() {
    assertEquals("image: there are no images open",
        assertThrows(SheafException.class,
            ()
                -> Sheaf.run(
                    Fixtures.session(), Collections.singletonList(null), "test.copy", Collections.emptyMap(), null))
            .getMessage());
  }

  @Test
  void anImageWithoutPixels() {
    SheafException e = failure(new ImagePlus(), "align.register", "");
    assertEquals("image: there are no images open", e.getMessage());
    ImagePlus closed = Fixtures.stack(8, 20, 16, 3);
    closed.flush();
    assertThrows(SheafException.class, () -> Fixtures.run(closed, "align.register", ""));
  }

  @Test
  void tooFewImages() {
    String sentence = sentence(Fixtures.stack(8, 20, 16, 1), "cluster.images", "");
    assertTrue(sentence.contains("1 image given"), sentence);
  }

  @Test
  void unknownOperation() {
    String sentence = sentence(image, "test.coppy", "");
    assertTrue(sentence.startsWith("operation: \"test.coppy\" is unknown"), sentence);
  }

  @Test
  void parameters() {
    assertEquals(
        "amuont: unknown parameter of test.offset; did you mean amount?", sentence(image, "test.offset", "amuont=3"));
    assertEquals("direction: \"upp\" given, needs up or down; did you mean up?",
        sentence(image, "test.offset", "direction=upp"));
    assertEquals("amount: 300 given, needs 0 to 255 levels", sentence(image, "test.offset", "amount=300"));
    assertEquals("amount: \"NaN\" given, needs a finite number", sentence(image, "test.offset", "amount=NaN"));
    assertEquals("amount: \"many\" given, needs a whole number", sentence(image, "test.offset", "amount=many"));
    assertEquals("amount: \"1.5\" given, needs a whole number", sentence(image, "test.offset", "amount=1.5"));
    assertEquals(
        "least: \"3\" given, but it is used only when direction is down", sentence(image, "test.offset", "least=3"));
    assertEquals("invalid", failure(image, "test.offset", "amount=300").status());
    // keys of the bridge where they mean nothing are as unknown as any other
    assertTrue(sentence(image, "test.offset", "regions=overlay").startsWith("regions: unknown parameter"));
    assertEquals(
        "regions: \"window\" given, needs none, overlay or manager", sentence(image, "test.shapes", "regions=window"));
    assertEquals("output: \"masks\" given, needs mask", sentence(image, "test.describe", "output=masks"));
  }

  @Test
  void wrongTypeOfImage() {
    assertEquals("images: RGB given, test.offset needs 8-bit, 16-bit or 32-bit",
        sentence(Fixtures.stack(24, 8, 8, 2), "test.offset", ""));
  }

  @Test
  void constantAndNanImagesAreDegenerate() {
    ij.ImageStack nan = new ij.ImageStack(16, 16);
    for (int n = 0; n < 4; n++) {
      float[] pixels = new float[256];
      Arrays.fill(pixels, Float.NaN);
      nan.addSlice("", new FloatProcessor(16, 16, pixels));
    }
    ImagePlus constant = new ImagePlus("flat", ij.ImageStack.create(16, 16, 4, 8));
    String[] degenerate = {"degenerate", "degenerate", "degenerate", "degenerate"};
    for (ImagePlus image : new ImagePlus[] {constant, new ImagePlus("nan", nan)}) {
      for (String operation : new String[] {"equalize.match", "segment.threshold", "align.register"})
        assertArrayEquals(degenerate, Fixtures.run(image, operation, "").table().texts("status"), operation);
    }
    String sentence = sentence(new ImagePlus("nan", nan), "cluster.images", "");
    assertTrue(sentence.startsWith("images: 0 with data given"), sentence);
    Fixtures.run(constant, "cluster.images", "");
  }

  @Test
  void baseBeyondTheLastImage() {
    String sentence = sentence(image, "equalize.match", "to=base base=9");
    assertTrue(sentence.startsWith("base: 9 given"), sentence);
  }

  @Test
  void selectionsThatEncloseNothing() {
    Roi[] selections = {new Line(1, 1, 5, 5), new PointRoi(3, 3), new TextRoi(1, 1, "text")};
    String[] names = {"straight line", "point", "text"};
    for (int i = 0; i < selections.length; i++) {
      image.setRoi(selections[i], false);
      String sentence = sentence(image, "test.describe", "");
      assertTrue(sentence.startsWith("selection: a " + names[i] + " selection encloses no area"), sentence);
    }
    image.setRoi(new Roi(100, 100, 10, 10), false);
    assertTrue(sentence(image, "test.describe", "").startsWith("selection: no pixel of it lies inside the image"));
    Roi flat = new PolygonRoi(new float[] {1, 8, 1}, new float[] {1, 8, 1}, 3, Roi.FREEROI);
    for (Roi empty : new Roi[] {flat, new ShapeRoi(new java.awt.geom.Area())}) {
      image.setRoi(empty, false);
      assertTrue(sentence(image, "test.describe", "").startsWith("selection: no pixel of it lies inside the image"));
    }
    image.setRoi(new Roi(100, 100, 10, 10), false);
    // an operation that uses no selection does not care
    Fixtures.run(image, "test.copy", "");
  }

  @Test
  void areasBecomeMasks() {
    image.setRoi(new Roi(-5, 2, 10, 3), false);
    Map<String, Double> seen = Fixtures.description(image);
    assertEquals(1.0, seen.get("restricted"));
    assertEquals(15.0, seen.get("inside")); // what lies in the image
    OvalRoi oval = new OvalRoi(3, 3, 9, 7);
    image.setRoi(oval, false);
    int inside = 0;
    for (byte b : (byte[]) oval.getMask().getPixels()) inside += b == 0 ? 0 : 1;
    assertEquals((double) inside, Fixtures.description(image).get("inside"));
    image.deleteRoi();
    assertEquals(0.0, Fixtures.description(image).get("restricted"));
  }

  @Test
  void failuresInsideAPluginAreSentences() {
    assertEquals("threshold: there is nothing above it", sentence(image, "test.fail", "how=message"));
    assertTrue(sentence(image, "test.fail", "how=exception").contains("vector out of range"));
    assertTrue(sentence(image, "test.fail", "how=unknown").contains("unknown type"));
    assertEquals("internal", failure(image, "test.fail", "how=status").status());
    SheafException memory = failure(image, "test.fail", "how=memory");
    assertEquals("no memory", memory.status());
    assertTrue(memory.getMessage().contains("budget") && memory.getMessage().contains("distances between all images"),
        memory.getMessage());
    failure(image, "test.fail", "how=plot");
  }

  @Test
  @Timeout(20)
  void aSecondRunOnTheSameImageIsRefusedAndTheFirstGoesOn() throws Exception {
    AtomicReference<Object> first = new AtomicReference<>();
    Thread other = new Thread(() -> {
      try {
        first.set(Fixtures.run(image, "test.slow", "seconds=1"));
      } catch (SheafException e) {
        first.set(e);
      }
    });
    other.start();
    while (!image.isLocked()) Thread.sleep(5);
    SheafException e = assertThrows(SheafException.class, () -> Fixtures.run(image, "test.copy", ""));
    assertEquals("pc12.tif is in use: another command is working on it; wait until it has finished", e.getMessage());
    assertTrue(image.isLocked());
    // another image is nobody's business
    Fixtures.run(Fixtures.stack(8, 20, 16, 2), "test.copy", "");
    other.join();
    assertTrue(first.get() instanceof Result, String.valueOf(first.get()));
    assertFalse(image.isLocked());
  }

  @Test
  @Timeout(20)
  void anInterruptStopsARunOfAMinuteAndLeavesNothing() throws Exception {
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread worker = new Thread(() -> {
      try {
        Fixtures.run(image, "test.slow", "seconds=60");
      } catch (Throwable e) {
        outcome.set(e);
      }
    });
    worker.start();
    while (!image.isLocked()) Thread.sleep(5);
    Thread.sleep(100);
    worker.interrupt();
    worker.join();
    assertTrue(outcome.get() instanceof SheafException.Cancelled, String.valueOf(outcome.get()));
    assertFalse(image.isLocked());
    assertEquals(0, Fixtures.session().runs());
  }

  @Test
  @Timeout(20)
  void closingTheImageStopsTheRunWithASentence() throws Exception {
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread worker = new Thread(() -> {
      try {
        Fixtures.run(image, "test.slow", "seconds=60");
      } catch (Throwable e) {
        outcome.set(e);
      }
    });
    worker.start();
    while (!image.isLocked()) Thread.sleep(5);
    image.flush(); // what closing its window does
    worker.join();
    assertEquals(
        "pc12.tif was closed while Sheaf Test Slow worked on it; the run was stopped", outcome.get().getMessage());
    assertFalse(outcome.get() instanceof SheafException.Cancelled);
    assertFalse(image.isLocked());
  }

  @Test
  void outOfJavaMemoryNamesTheLimit(@TempDir File folder) throws Exception {
    String said =
        Fixtures.child(folder, Collections.emptyList(), Collections.singletonList("-Xmx200m"), SmallHeap.class);
    assertEquals(
        "no memory: ImageJ has no memory left (200 MB are set in Edit>Options>Memory & Threads); raise it, close "
            + "images, or let Sheaf Settings send smaller results to disk, locked: false",
        said.trim());
  }

  /** Run as a program by the test above: a result of 640 MB. */
  static final class SmallHeap {
    public static void main(String[] arguments) {
      ImagePlus large = new ImagePlus("large", new ij.VirtualStack(4000, 4000, 40));
      try {
        Fixtures.run(large, "test.copy", "");
        System.out.println("no failure");
      } catch (SheafException e) {
        System.out.println(e.status() + ": " + e.getMessage() + ", locked: " + large.isLocked());
      }
    }
  }

  @Test
  void outOfNativeMemoryNamesTheBudget() {
    try (Session small = new Session(1, 1 << 20, false)) {
      small.load(Fixtures.property("sheaf.test.plugins"));
      ImagePlus large = Fixtures.stack(8, 2000, 2000, 2);
      SheafException e = assertThrows(SheafException.class,
          () -> Sheaf.run(small, Collections.singletonList(large), "test.copy", Collections.emptyMap(), null));
      assertEquals("no memory", e.status());
      assertTrue(e.getMessage().contains("budget"), e.getMessage());
    }
  }

  @Test
  void theNativeSideKeepsTheRulesOfJni(@TempDir File folder) throws Exception {
    String said =
        Fixtures.child(folder, Collections.emptyList(), Collections.singletonList("-Xcheck:jni"), Everything.class);
    assertTrue(said.contains("everything was run"), said);
    assertFalse(said.contains("WARNING") || said.contains("FATAL"), said);
  }

  /** Run as a program by the test above: every operation, and every way to fail. */
  static final class Everything {
    public static void main(String[] arguments) {
      for (int bits : new int[] {8, 16, 24, 32}) everyOperation(Fixtures.stack(bits, 33, 21, 5));
      ImagePlus image = Fixtures.stack(8, 33, 21, 5);
      image.setRoi(new OvalRoi(3, 3, 20, 12), false);
      everyOperation(image);
      everyOperation(new ImagePlus("virtual", new ij.VirtualStack(9, 9, 3) {
        @Override
        public ImageProcessor getProcessor(int n) {
          return new FloatProcessor(9, 9); // ImageJ's own would draw text, with warnings about Java's fonts
        }

        @Override
        public int getBitDepth() {
          return 32;
        }
      }));
      File folder = new File(".");
      Sheaf.run(Fixtures.session(), Collections.singletonList(image), "test.labels",
          Collections.singletonMap("factor", 60000), folder);
      previewed(image);
      SystemCheck.rows();
      Fixtures.session().configure(3, 1 << 28);
      Thread.currentThread().interrupt();
      try {
        Fixtures.run(image, "test.slow", "seconds=5");
      } catch (SheafException.Cancelled e) {
        System.out.println("everything was run");
      }
    }

    private static void everyOperation(ImagePlus image) {
      for (String operation : Fixtures.session().operations()) {
        if (operation.equals("test.slow"))
          continue; // takes its time
        for (String options : new String[] {"", "k=3", "how=exception", "how=memory", "how=plot", "factor=100000000",
                 "regions=none", "regions=manager", "output=mask", "to=base base=9", "method=nonsense"}) {
          try {
            Fixtures.run(operation.equals("test.params") ? null : image, operation, options);
          } catch (SheafException e) {
            if (e.getMessage().isEmpty())
              System.out.println("WARNING: no message");
          }
        }
      }
    }

    private static void previewed(ImagePlus image) {
      for (String operation : new String[] {"test.offset", "equalize.match", "segment.threshold", "test.copy"}) {
        Schema schema = new Schema(Fixtures.session().schema(operation));
        ImageClient client = new ImageClient(schema, Collections.singletonList(image));
        try (Run run = new Run(Fixtures.session(), operation, "{}", 1, client)) {
          if (run.hasPreview())
            run.preview(2);
        }
      }
    }
  }

  @Test
  void brokenPluginsAreListedAndTheOthersWork(@TempDir File folder) throws IOException {
    byte[] good = Files.readAllBytes(new File(Fixtures.property("sheaf.test.plugins"), "sheaf_fixtures.so").toPath());
    Files.write(new File(folder, "truncated.so").toPath(), Arrays.copyOf(good, good.length / 2));
    byte[] foreign = good.clone();
    foreign[18] = (byte) 183; // arm64
    Files.write(new File(folder, "foreign.so").toPath(), foreign);
    Files.copy(new File(Fixtures.property("sheaf.test.broken"), "no_plugin.so").toPath(),
        new File(folder, "nosymbol.so").toPath());
    try (Session session = new Session(1, 0, false)) {
      session.load(folder.getPath());
      session.load(Fixtures.property("sheaf.test.plugins"));
      List<?> plugins = (List<?>) Json.parse(session.plugins());
      assertEquals(4, plugins.size());
      int refused = 0;
      for (Object o : plugins) {
        Map<?, ?> p = (Map<?, ?>) o;
        String name = new File(p.get("path").toString()).getName();
        String reason = p.get("reason").toString();
        if (name.equals("truncated.so"))
          assertTrue(reason.contains("truncated"), reason);
        if (name.equals("foreign.so"))
          assertTrue(reason.contains("another processor"), reason);
        if (name.equals("nosymbol.so"))
          assertTrue(reason.contains("sheaf_plugin_v1"), reason);
        refused += Boolean.TRUE.equals(p.get("loaded")) ? 0 : 1;
      }
      assertEquals(3, refused);
      Sheaf.run(session, Collections.singletonList(image), "test.copy", Collections.emptyMap(), null);
    }
  }

  @Test
  void aClosedSessionSaysSo() {
    Session session = new Session(1, 0, false);
    session.close();
    session.close();
    assertThrows(IllegalStateException.class, session::operations);
  }

  @Test
  void missingFoldersOfPluginsAreNamed() {
    SheafException e = assertThrows(SheafException.class, () -> Fixtures.session().load("/nowhere/at all"));
    assertEquals("plugins: there is no file or folder /nowhere/at all", e.getMessage());
    assertNull(e.getCause());
  }
}
