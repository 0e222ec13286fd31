import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Toolbar;
import ij.io.FileSaver;
import ij.macro.Interpreter;
import ij.plugin.frame.Recorder;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import java.awt.Color;
import java.awt.Dialog;
import java.awt.Frame;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;

/** Template Painting as a user meets it: dialog, result, mistakes, and while an image is painted. */
final class TemplatesTest {
  private static final String COMMAND = "Sheaf Template Painting", MENU = "Plugins>Sheaf>Segmentation";
  private static final int[][] CROSSES = {{20, 30, 120, 40}, {60, 100}, {10, 10, 80, 70, 150, 130}}; // x, y, ... of each image
  private static final int[][] RINGS = {{90, 120}, {130, 20}, {30, 120}};
  private static final int ARM = 0xff8000, CENTRE = 0x00c0ff;

  private TemplatesTest() {}

  static void templates() throws Exception {
    File folder = files();
    ImagePlus image = series();
    Recorder recorder = Ui.recorder();
    // what is missing or cannot be read is said in one sentence, and the dialog knows what it was told
    Dialog dialog = open(image);
    Ui.click(Ui.button(dialog, "OK"));
    said(dialog, "template: none given; name files or open images, separated by ;");
    refused(image, "segment: 0 given for 1 template; each template needs one", path("cross.tif"));
    refused(image, "template: there is neither a file nor an open image \"no such.png\"", "no such.png", path("segment.png"));
    refused(image, "template: " + path("text.png") + " is no image that ImageJ can read", path("text.png"), path("segment.png"));
    refused(image, "segment: " + path("cut off.tif") + " is no image that ImageJ can read", path("cross.tif"), path("cut off.tif"));
    refused(image, "segment: it is 17 x 17 pixels, the template cross.tif 15 x 15; both must have one size", path("cross.tif"), path("ring.tif"));
    refused(image, "distance: given without error; only with it is more than the best place painted", path("cross.tif"), path("segment.png"), "", "", "", "5");
    dialog = open(image);
    Ui.same(path("cross.tif"), Scenario.field(dialog, 0).getText(), "the template of the last time");
    Ui.browse(Scenario.field(dialog, 4), "low");
    Ui.browse(Scenario.field(dialog, 5), "");
    Ui.click(Ui.button(dialog, "OK"));
    said(dialog, "error: \"low\" given, needs a number");
    Ui.check(!recorder.getText().contains(COMMAND), "a mistake was recorded: " + recorder.getText());

    // all crosses; attention and mask are derived
    dialog = open(image);
    fill(dialog, path("cross.tif"), path("segment.png"), "", "", "0.05", "");
    ToolsTest.picture("templates-dialog");
    Ui.click(Ui.button(dialog, "OK"));
    ImagePlus all = Ui.image("series-painted");
    checkPainted(all, CROSSES);
    Ui.await("the recorded line", () -> recorder.getText().contains(COMMAND));
    String line = "run(\"" + COMMAND + "...\", \"template=" + path("cross.tif") + " segment=" + path("segment.png") + " error=0.05\");";
    Ui.check(recorder.getText().contains(line), recorder.getText());
    recorder.close();
    ImagePlus first = all.duplicate();
    ToolsTest.picture("templates");
    all.close();
    Scenario.select(image);
    new Interpreter().run(line);
    Ui.check(Ui.samePixels(first, Ui.image("series-painted")), "the replay of " + line + " paints something else");
    Ui.image("series-painted").close();

    // without an error the best place of each image
    run(image, "template=[" + path("cross.tif") + "] segment=[" + path("segment.png") + "]");
    int[][] best = new int[3][];
    for (int n = 0; n < 3; n++) best[n] = brightest(n);
    checkPainted(Ui.image("series-painted"), best);
    Ui.image("series-painted").close();

    // several templates; attention and mask by files and open images
    ImagePlus ones = new ImagePlus("all of it", new ByteProcessor(15, 15));
    ones.getProcessor().invert();
    ones.show();
    String pairs = "template=[" + path("cross.tif") + "; " + path("ring.tif") + "] segment=[" + path("segment.png") + ";" + path("disk.png") + "]";
    run(image, pairs + " attention=[" + path("cross.tif") + ";" + path("ring.tif") + "] mask=[all of it;" + path("disk.png") + "] error=0.05");
    ImagePlus both = Ui.image("series-painted");
    checkPainted(both, CROSSES);
    for (int n = 0; n < 3; n++) {
      Ui.same(0xffffff, both.getStack().getProcessor(n + 1).get(RINGS[n][0] + 8, RINGS[n][1] + 8) & 0xffffff, "the disk on image " + (n + 1));
      Ui.same(RINGS[n].length / 2, count(both, n, 0xffffff) / 49, "disks on image " + (n + 1));
    }
  }

  /** While an image is painted, t brings the dialog and the colours go onto the image, undone at once. */
  static void templatesOfAPainting() throws Exception {
    files();
    ImagePlus image = series();
    ImagePlus labels = new ImagePlus("series-labels", new ByteProcessor(200, 160));
    labels.getProcessor().add(1);
    labels.show();
    ToolsTest.ready(image);
    Scenario.choose(MENU, "Sheaf Paint Tool");
    Frame window = ToolsTest.frame("Paint of series");
    ToolsTest.ready(image);
    Ui.key(KeyEvent.VK_T);
    Dialog dialog = Ui.dialog(COMMAND);
    fill(dialog, path("cross.tif"), path("segment.png"), "", "", "0.05", "");
    Ui.click(Ui.button(dialog, "OK"));
    for (int n = 3; n >= 1; n--) {
      image.setSlice(n);
      for (int i = 0; i < CROSSES[n - 1].length; i += 2) ToolsTest.painted(image, CROSSES[n - 1][i] + 7, CROSSES[n - 1][i + 1] + 7, CENTRE);
    }
    Toolbar.setForegroundColor(Color.green);
    ToolsTest.ready(image);
    ToolsTest.click(image, 20 + 7, 30 + 2, InputEvent.BUTTON1_DOWN_MASK);
    ToolsTest.painted(image, 20 + 7, 30 + 2, 0x00ff00);
    Ui.key(KeyEvent.VK_Z);
    ToolsTest.painted(image, 20 + 7, 30 + 2, ARM);
    Ui.key(KeyEvent.VK_Z);
    for (int n = 3; n >= 1; n--) {
      image.setSlice(n);
      ToolsTest.painted(image, CROSSES[n - 1][0] + 7, CROSSES[n - 1][1] + 7, -1);
    }
    ToolsTest.ready(image);
    Ui.key(KeyEvent.VK_Z);
    Dialog nothing = Ui.dialog("Sheaf Paint");
    Ui.check(Ui.texts(nothing).contains("undo: there is nothing to undo"), Ui.texts(nothing));
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(nothing);
    ToolsTest.ready(image);
    Ui.key(KeyEvent.VK_Q);
    Ui.await("the end of the tool", () -> !window.isShowing());
  }

  // ---- the dialog ------------------------------------------------------------------------

  private static Dialog open(ImagePlus image) {
    Scenario.select(image);
    Scenario.choose(MENU, COMMAND + "...");
    return Ui.dialog(COMMAND);
  }

  private static void fill(Dialog dialog, String... values) {
    for (int i = 0; i < values.length; i++) Ui.browse(Scenario.field(dialog, i), values[i]);
  }

  private static void refused(ImagePlus image, String sentence, String... values) {
    Dialog dialog = open(image);
    fill(dialog, values);
    Ui.click(Ui.button(dialog, "OK"));
    said(dialog, sentence);
  }

  private static void said(Dialog dialog, String sentence) {
    Ui.gone(dialog);
    Dialog error = Ui.dialog(COMMAND);
    String text = Ui.texts(error).replaceAll("\\s+", " ").trim();
    Ui.check(text.contains(sentence.replaceAll("\\s+", " ")), "expected \"" + sentence + "\", but it says \"" + text + "\"");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
  }

  private static void run(ImagePlus image, String options) {
    Scenario.select(image);
    IJ.run(image, COMMAND + "...", options);
  }

  // ---- images ----------------------------------------------------------------------------

  private static String path(String name) {
    return new File(System.getProperty("test.work"), "templates/" + name).getPath();
  }

  private static File files() throws Exception {
    File folder = new File(System.getProperty("test.work"), "templates");
    folder.mkdirs();
    new FileSaver(new ImagePlus("cross", cross())).saveAsTiff(path("cross.tif"));
    new FileSaver(new ImagePlus("ring", ring())).saveAsTiff(path("ring.tif"));
    ColorProcessor segment = new ColorProcessor(15, 15), disk = new ColorProcessor(17, 17);
    for (int i = 0; i < 225; i++) {
      if (cross().get(i) != 0) segment.set(i, ARM);
    }
    segment.set(7, 7, CENTRE);
    for (int i = 0; i < 49; i++) disk.set(5 + i % 7, 5 + i / 7, 0xffffff);
    new FileSaver(new ImagePlus("segment", segment)).saveAsPng(path("segment.png"));
    new FileSaver(new ImagePlus("disk", disk)).saveAsPng(path("disk.png"));
    IJ.saveString("this is no picture", path("text.png"));
    byte[] tiff = java.nio.file.Files.readAllBytes(new File(path("cross.tif")).toPath());
    java.nio.file.Files.write(new File(path("cut off.tif")).toPath(), java.util.Arrays.copyOf(tiff, 6));
    return folder;
  }

  /** A bright cross on black. */
  private static ByteProcessor cross() {
    ByteProcessor ip = new ByteProcessor(15, 15);
    for (int i = 1; i < 14; i++) {
      for (int k = 5; k < 10; k++) {
        ip.set(i, k, 190 + i);
        ip.set(k, i, 170 + 2 * i);
      }
    }
    return ip;
  }

  private static ByteProcessor ring() {
    ByteProcessor ip = new ByteProcessor(17, 17);
    for (int i = 0; i < 289; i++) {
      int x = i % 17 - 8, y = i / 17 - 8, d = x * x + y * y;
      if (d >= 16 && d < 56) ip.set(i, 230);
    }
    return ip;
  }

  /** Crosses and rings on textured ground; one cross of each image is exactly the template, the others are 5 % darker. */
  private static ImagePlus series() {
    ImageStack stack = new ImageStack(200, 160);
    for (int n = 0; n < 3; n++) {
      ByteProcessor ip = new ByteProcessor(200, 160);
      for (int y = 0; y < 160; y++) {
        for (int x = 0; x < 200; x++) ip.set(x, y, 40 + (7 * x + 11 * y + x * y + 5 * n) % 17);
      }
      for (int i = 0; i < CROSSES[n].length; i += 2) {
        boolean exact = CROSSES[n][i] == brightest(n)[0];
        put(ip, cross(), CROSSES[n][i], CROSSES[n][i + 1], exact ? 1 : 0.95);
      }
      put(ip, ring(), RINGS[n][0], RINGS[n][1], 1);
      stack.addSlice("image " + (n + 1), ip);
    }
    ImagePlus image = new ImagePlus("series", stack);
    image.show();
    Ui.await("the window of the image", () -> image.getWindow() != null && image.getWindow().isShowing());
    return image;
  }

  /** The last cross of an image. */
  private static int[] brightest(int n) {
    int[] all = CROSSES[n];
    return new int[] {all[all.length - 2], all[all.length - 1]};
  }

  private static void put(ByteProcessor ip, ByteProcessor thing, int x, int y, double factor) {
    for (int i = 0; i < thing.getPixelCount(); i++) {
      if (thing.get(i) != 0) ip.set(x + i % thing.getWidth(), y + i / thing.getWidth(), (int) (factor * thing.get(i)));
    }
  }

  /** The segment lies at all places, and nowhere else. */
  private static void checkPainted(ImagePlus painted, int[][] places) {
    Ui.same(3, painted.getStackSize(), "images");
    Ui.same(24, painted.getBitDepth(), "bits");
    int arms = 0;
    for (int i = 0; i < 225; i++) arms += cross().get(i) != 0 ? 1 : 0;
    for (int n = 0; n < 3; n++) {
      for (int i = 0; i < places[n].length; i += 2)
        Ui.same(CENTRE, painted.getStack().getProcessor(n + 1).get(places[n][i] + 7, places[n][i + 1] + 7) & 0xffffff, "the centre on image " + (n + 1));
      Ui.same(places[n].length / 2, count(painted, n, CENTRE), "places on image " + (n + 1));
      Ui.same((arms - 1) * places[n].length / 2, count(painted, n, ARM), "pixels painted on image " + (n + 1));
    }
  }

  private static int count(ImagePlus painted, int n, int rgb) {
    int count = 0;
    for (int v : (int[]) painted.getStack().getPixels(n + 1)) count += (v & 0xffffff) == rgb ? 1 : 0;
    return count;
  }
}
