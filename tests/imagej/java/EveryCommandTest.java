import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.Menus;
import ij.WindowManager;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import ij.text.TextWindow;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Dialog;
import java.awt.Frame;
import java.awt.Rectangle;
import java.awt.Scrollbar;
import java.awt.TextField;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/** Every command of a menu once: dialog, preview, result, and the recorded line, which gives the same again. */
final class EveryCommandTest {
  private static final int WIDTH = 128, HEIGHT = 96;

  private EveryCommandTest() {}

  static void everyEqualization() throws Exception {
    every("Plugins>Sheaf>Equalization", 11);
  }

  static void everySegmentation() throws Exception {
    every("Plugins>Sheaf>Segmentation", 14);
  }

  private static void every(String menu, int least) throws Exception {
    Recorder recorder = Ui.recorder();
    recorder.setLocation(1200, 700);
    int used = 0;
    for (String item : Scenario.labels(Menus.getImageJMenu(menu))) {
      // the tools and Template Painting have tests of their own
      if (!item.endsWith("...") || item.equals("Sheaf Template Painting...")) continue;
      use(recorder, menu, item.substring(0, item.length() - 3));
      used++;
    }
    Ui.check(used >= least, "the menu " + menu + " has only " + used + " commands");
  }

  private static void use(Recorder recorder, String menu, String name) throws Exception {
    ImagePlus image = prepare(name);
    image.setSlice(2); // series are compared with their first image, which some commands leave as it is
    ImagePlus before = image.duplicate();
    int[] others = WindowManager.getIDList();
    Scenario.select(image);
    Scenario.choose(menu, name + "...");
    Dialog dialog = Ui.dialog(name);
    Rectangle screen = IJ.getInstance().getGraphicsConfiguration().getBounds();
    Ui.check(screen.contains(dialog.getBounds()), name + ": the dialog is not on the screen: " + dialog.getBounds());
    Ui.check(!dialog.getBounds().intersects(image.getWindow().getBounds()), name + ": the dialog covers the image");
    for (TextField field : Ui.all(dialog, TextField.class)) Ui.check(field.getWidth() >= 40, name + ": a field is " + field.getWidth() + " pixels wide");
    settings(dialog, name);
    Button ok = Ui.button(dialog, "OK");
    Ui.check(ok.isEnabled(), name + ": OK is disabled: " + Ui.texts(dialog));
    preview(dialog, image, name);
    picture(dialog, name);
    Ui.click(ok);
    Ui.gone(dialog);
    Ui.await(name + ": the image to be free", () -> !image.isLocked() && recorder.getText().contains("run(\"" + name + "..."));
    Ui.await(name + ": a result", () -> WindowManager.getImageCount() > others.length || tables().size() > 0 || image.getOverlay() != null);
    Ui.check(Ui.samePixels(before, image), name + ": the input was changed");
    List<ImagePlus> first = new ArrayList<>();
    for (ImagePlus result : results(others)) first.add(result.duplicate()); // the replay closes plots of the run before
    TreeMap<String, String> tables = tables();
    Roi[] regions = image.getOverlay() == null ? new Roi[0] : image.getOverlay().toArray();

    String line = "";
    for (String l : recorder.getText().split("\n")) {
      if (l.startsWith("run(\"" + name + "...")) line = l;
    }
    Ui.closeTables();
    image.setOverlay((Overlay) null);
    int[] withFirst = WindowManager.getIDList();
    Scenario.select(image);
    new Interpreter().run(line);
    List<ImagePlus> second = results(withFirst);
    Ui.same(first.size(), second.size(), name + ": images of the replay of " + line);
    for (int i = 0; i < first.size(); i++) Ui.check(Ui.samePixels(first.get(i), second.get(i)), name + ": the replay of " + line + " gives other pixels in " + second.get(i).getTitle());
    Ui.same(tables, tables(), name + ": the tables of the replay of " + line);
    Roi[] again = image.getOverlay() == null ? new Roi[0] : image.getOverlay().toArray();
    Ui.same(regions.length, again.length, name + ": regions of the replay");
    for (int i = 0; i < regions.length; i++) Ui.same(regions[i].getBounds(), again[i].getBounds(), name + ": a region of the replay");
    Ui.closeAll();
  }

  /** Opens what a command needs and answers the image that it is used on. */
  private static ImagePlus prepare(String name) {
    ImagePlus image;
    switch (name) {
      case "Sheaf Saturation":
        image = shown("cells.tif", new ColorProcessor(WIDTH, HEIGHT), 3);
        break;
      case "Sheaf Compare Labels":
        ImagePlus labels = shown("cells.tif", new ByteProcessor(WIDTH, HEIGHT), 3);
        for (int n = 1; n <= 3; n++) {
          ImageProcessor ip = labels.getStack().getProcessor(n);
          for (int i = 0; i < ip.getPixelCount(); i++) ip.set(i, ip.get(i) > 120 ? 1 + i % WIDTH / 32 : 0);
        }
        ImagePlus truth = labels.duplicate();
        truth.setTitle("cells-truth.tif");
        truth.getStack().getProcessor(1).translate(2, 0);
        truth.show();
        return labels;
      case "Sheaf Template":
        image = shown("cells.tif", new ByteProcessor(WIDTH, HEIGHT), 3);
        image.setRoi(30, 20, 24, 24);
        ImagePlus template = image.crop();
        template.setTitle("template.tif");
        image.deleteRoi();
        template.show();
        return image;
      default:
        image = shown("cells.tif", new ByteProcessor(WIDTH, HEIGHT), 3);
    }
    if (name.equals("Sheaf GrabCut")) image.setRoi(25, 15, 34, 34);
    return image;
  }

  /** Where the defaults change nothing that could be seen; sliders are where their fields say. */
  private static void settings(Dialog dialog, String name) {
    List<Scrollbar> bars = Ui.all(dialog, Scrollbar.class);
    if (name.equals("Sheaf Stretch Contrast")) Ui.check(bars.get(1).getValue() > 0.9 * bars.get(1).getMaximum(), "the slider of high is at " + bars.get(1).getValue());
    if (name.equals("Sheaf Superpixels")) Ui.check(bars.get(1).getValue() > bars.get(1).getMaximum() / 4, "the slider of compactness is at " + bars.get(1).getValue());
    if (name.equals("Sheaf Gamma")) Ui.type(Scenario.field(dialog, 0), "2");
    if (name.equals("Sheaf Saturation")) Ui.type(Scenario.field(dialog, 0), "2");
  }

  private static void preview(Dialog dialog, ImagePlus image, String name) {
    for (Checkbox box : Ui.all(dialog, Checkbox.class)) {
      if (!box.getLabel().trim().equals("Preview")) continue;
      Object pixels = image.getProcessor().duplicate().getPixels();
      Overlay overlay = image.getOverlay();
      Ui.click(box);
      Ui.await(name + ": the preview", () -> image.getOverlay() != overlay || !Arrays.deepEquals(new Object[] {pixels}, new Object[] {image.getProcessor().getPixels()}));
    }
  }

  private static List<ImagePlus> results(int... before) {
    Ui.robot.waitForIdle();
    List<ImagePlus> results = new ArrayList<>();
    for (int id : WindowManager.getIDList()) {
      if (Arrays.stream(before).noneMatch(b -> b == id)) results.add(WindowManager.getImage(id));
    }
    return results;
  }

  private static TreeMap<String, String> tables() {
    TreeMap<String, String> tables = new TreeMap<>();
    for (Frame frame : WindowManager.getNonImageWindows()) {
      ResultsTable table = frame instanceof TextWindow ? ((TextWindow) frame).getResultsTable() : null;
      if (table != null) tables.put(frame.getTitle(), Scenario.csv(frame.getTitle()));
    }
    return tables;
  }

  /** Bright disks that move a little, on a ground that is brighter on the right, with noise. */
  private static ImagePlus shown(String title, ImageProcessor kind, int count) {
    ImageStack stack = new ImageStack(WIDTH, HEIGHT);
    Random random = new Random(5);
    for (int n = 0; n < count; n++) {
      ImageProcessor ip = kind.duplicate();
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          boolean inside = false;
          for (int d = 0; d < 6; d++) {
            int dx = x - 42 - 38 * (d % 3) + n, dy = y - 32 - 34 * (d / 3);
            inside |= dx * dx + dy * dy < 100 + 10 * d;
          }
          int v = (inside ? 150 : 50) + x / 4 - 8 * n + random.nextInt(12);
          ip.set(x, y, kind instanceof ColorProcessor ? v << 16 | (v - 20) << 8 | 60 : v);
        }
      }
      stack.addSlice("image " + (n + 1), ip);
    }
    ImagePlus image = new ImagePlus(title, stack);
    image.show();
    Ui.await("the window of the image", () -> image.getWindow() != null && image.getWindow().isShowing());
    return image;
  }

  /** The dialog, for whoever looks. */
  private static void picture(Dialog dialog, String name) throws Exception {
    ImageIO.write(Ui.robot.createScreenCapture(dialog.getBounds()), "png", new File(System.getProperty("test.work"), name + ".png"));
  }
}
