import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.gui.Roi;
import ij.macro.Interpreter;
import ij.plugin.frame.Recorder;
import ij.plugin.frame.RoiManager;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.Choice;
import java.awt.Dialog;
import java.awt.Rectangle;
import java.awt.TextField;
import java.awt.Window;
import java.awt.event.KeyEvent;
import java.awt.geom.Rectangle2D;
import java.util.Arrays;
import java.util.function.Consumer;
import javax.swing.JEditorPane;

/** The four commands as a user meets them: menu, dialog, help, preview, result; what was recorded gives the same again. */
final class CommandsTest {
  private CommandsTest() {}

  static void equalize() {
    use("Sheaf Equalize", dialog -> {
      Ui.choose(Ui.all(dialog, Choice.class).get(1), 1);
      Ui.type(Scenario.field(dialog, 0), "2");
      preview(dialog);
    }, "method=joint to=base base=2", "-equalized", "Equalization of cells", "brightness_before");
  }

  static void threshold() {
    use("Sheaf Threshold", dialog -> {
      Ui.choose(Ui.all(dialog, Choice.class).get(0), 1);
      Ui.type(Scenario.field(dialog, 0), "4");
      preview(dialog);
      Ui.choose(Ui.all(dialog, Choice.class).get(2), 2); // regions to the ROI Manager
    }, "method=multi_otsu classes=4 scope=each min_size=0 regions=manager", "-labels", "Threshold of cells", "threshold_3");
    RoiManager manager = RoiManager.getInstance();
    Ui.check(manager != null && manager.getCount() > 0, "there are no regions in the ROI Manager");
    boolean[] seen = new boolean[6];
    for (Roi roi : manager.getRoisAsArray()) seen[roi.getPosition()] = true;
    for (int n = 1; n <= 5; n++) Ui.check(seen[n], "no region belongs to image " + n);
  }

  static void align() {
    use("Sheaf Align", dialog -> Ui.choose(Ui.all(dialog, Choice.class).get(0), 0), "model=translation reference=previous channel=1 axis=auto interpolation=bilinear border=black", "-aligned", "Alignment of cells", "score_after");
  }

  static void cluster() {
    use("Sheaf Cluster", dialog -> Ui.type(Scenario.field(dialog, 0), "2"), "features=pixels method=ward k=2 channel=1", null, "Clusters of cells", "silhouette");
    for (String plot : new String[] {"Dendrogram of cells", "Scatter of cells", "Silhouette of cells"}) {
      ImagePlus image = Ui.image(plot);
      Rectangle bounds = image.getWindow().getBounds();
      Ui.check(IJ.getInstance().getGraphicsConfiguration().getBounds().contains(bounds), plot + " is not on the screen: " + bounds);
    }
  }

  /** A file of transforms in the dialogs that take one: to a second stack, to one channel, to a table and a region. */
  static void transforms() {
    String work = System.getProperty("test.work") + "/";
    String file = work + "drift of cells.json", points = work + "spots.csv";
    ImagePlus drifting = drifting();
    IJ.run(drifting, "Sheaf Align...", "model=translation drift save=[" + file + "]");
    ImagePlus aligned = Ui.image("cells-aligned");
    for (String plot : new String[] {"Drift in x of cells", "Drift in y of cells", "Rotation of cells"}) Ui.image(plot).getWindow().close();
    aligned.setTitle("by Sheaf Align");

    use(drifting, "Plugins>Sheaf>Alignment", "Sheaf Apply Transforms", dialog -> Ui.browse(Scenario.field(dialog, 0), file),
        "transforms=[" + file + "] interpolation=bilinear border=black channel=0 axis=auto", "-transformed", "Transforms of cells", "covered");
    Ui.check(Ui.samePixels(aligned, Ui.image("cells-transformed")), "the transforms give other pixels than Sheaf Align");
    use(drifting, "Plugins>Sheaf>Alignment", "Sheaf Transforms", dialog -> Ui.browse(Scenario.field(dialog, 0), file),
        "transforms=[" + file + "] compose=none smooth=none axis=auto save=[]", null, "Transforms of cells", "m02");
    Ui.image("Drift in x of cells");
    IJ.saveString("position,x,y\n1,20.5,30.5\n3,20.5,30.5\n", points);
    use(drifting, "Plugins>Sheaf>Alignment", "Sheaf Transform Points", dialog -> {
      Ui.browse(Scenario.field(dialog, 0), file);
      Ui.browse(Scenario.field(dialog, 1), points);
    }, "transforms=[" + file + "] points=" + points + " direction=to_aligned origin=corner axis=auto save=[] regions=overlay", null, "Points of cells", "x_before");
    String moved = Scenario.csv("Points of cells");
    Ui.check(moved.contains("30.5"), moved);

    // a region of interest goes to its place in every image
    drifting.setRoi(40, 30, 12, 10);
    IJ.run(drifting, "Sheaf Transform Points...", "transforms=[" + file + "] direction=to_original");
    Ui.same(5, drifting.getOverlay().size(), "regions in the overlay");
    Rectangle2D third = drifting.getOverlay().get(2).getFloatBounds();
    Ui.check(Math.abs(third.getX() - 46) < 0.2 && Math.abs(third.getY() - 28) < 0.2 && Math.abs(third.getWidth() - 12) < 0.2, "the region in the third image is at " + third);
    Ui.same(3, drifting.getOverlay().get(2).getPosition(), "its image");
    drifting.deleteRoi();

    // the transforms of one channel move the other, and only that
    ImagePlus two = new ImagePlus("two", both(drifting));
    two.setDimensions(2, 1, 5);
    two.setOpenAsHyperStack(true);
    two.show();
    IJ.run(two, "Sheaf Apply Transforms...", "transforms=[" + file + "] channel=2");
    ImagePlus result = Ui.image("two-transformed");
    for (int t = 1; t <= 5; t++) {
      Ui.check(Arrays.equals((short[]) drifting.getStack().getPixels(t), (short[]) result.getStack().getPixels(2 * t - 1)), "channel 1 was moved");
      Ui.check(Arrays.equals((short[]) aligned.getStack().getPixels(t), (short[]) result.getStack().getPixels(2 * t)), "channel 2 was not moved");
    }
  }

  /** A texture that moves by (3, -1) px from image to image. */
  private static ImagePlus drifting() {
    ImageStack stack = new ImageStack(110, 80);
    for (int n = 0; n < 5; n++) {
      ImageProcessor ip = new ShortProcessor(110, 80);
      for (int y = 0; y < 80; y++) {
        for (int x = 0; x < 110; x++) {
          double u = x - 3 * n, v = y + n;
          ip.set(x, y, (int) Math.round(2000 + 500 * Math.sin(u / 3 + Math.cos(v / 5)) + 400 * Math.cos(v / 4 + Math.sin(u / 7)) + 300 * Math.sin((u + 2 * v) / 9)));
        }
      }
      stack.addSlice("image " + (n + 1), ip);
    }
    ImagePlus image = new ImagePlus("cells", stack);
    image.show();
    Ui.await("the window of the image", () -> image.getWindow() != null && image.getWindow().isShowing());
    return image;
  }

  private static ImageStack both(ImagePlus image) {
    ImageStack stack = new ImageStack(image.getWidth(), image.getHeight());
    for (int n = 1; n <= image.getStackSize(); n++) {
      stack.addSlice(image.getStack().getProcessor(n));
      stack.addSlice(image.getStack().getProcessor(n).duplicate());
    }
    return stack;
  }

  /** Ticks the preview, sees that it changes what is shown, and leaves it on. */
  private static void preview(Dialog dialog) {
    ImagePlus image = WindowManager.getCurrentImage();
    int before = image.getProcessor().get(50, 40);
    Ui.click(Ui.checkbox(dialog, "Preview"));
    Ui.await("the preview", () -> image.getOverlay() != null || image.getProcessor().get(50, 40) != before);
  }

  /**
   * @param settings what the user changes in the dialog
   * @param options what is recorded then
   * @param suffix of the resulting image, null if there is none
   */
  private static void use(String name, Consumer<Dialog> settings, String options, String suffix, String table, String column) {
    use(Ui.stack(16, 5), "Plugins>Sheaf", name, settings, options, suffix, table, column);
  }

  private static void use(ImagePlus image, String menu, String name, Consumer<Dialog> settings, String options, String suffix, String table, String column) {
    image.getCalibration().setUnit("um");
    image.getCalibration().pixelWidth = 0.25;
    ImagePlus before = image.duplicate();
    Recorder recorder = Ui.recorder();
    Scenario.select(image);
    Scenario.choose(menu, name + "...");
    Dialog dialog = Ui.dialog(name);
    Ui.check(IJ.getInstance().getGraphicsConfiguration().getBounds().contains(dialog.getBounds()), "the dialog is not on the screen: " + dialog.getBounds());
    Ui.check(!dialog.getBounds().intersects(image.getWindow().getBounds()), "the dialog covers the image");
    help(dialog, name, options.substring(0, options.indexOf('=')));
    settings.accept(dialog);
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    ImagePlus result = suffix == null ? null : Ui.image("cells" + suffix);
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.check(Ui.samePixels(before, image), "the input was changed");
    String first = Scenario.csv(table);
    Ui.check(first.contains(column), column + " is no column of " + first);
    String line = "run(\"" + name + "...\", \"" + options + "\");";
    Ui.await("a line in the recorder", () -> recorder.getText().contains("run(\"" + name + "..."));
    Ui.check(recorder.getText().contains(line), "not " + line + ", but this was recorded: " + recorder.getText());
    recorder.close();
    if (result != null) {
      Ui.check(Math.abs(result.getCalibration().pixelWidth - 0.25) < 1e-9, "the scale is lost");
      Ui.same(image.getCalibration().getUnit(), result.getCalibration().getUnit(), "the unit");
    }

    // the recorded line, by itself
    ((ij.text.TextWindow) WindowManager.getWindow(table)).close(false);
    RoiManager manager = RoiManager.getInstance();
    if (manager != null) manager.reset();
    Scenario.select(image);
    new Interpreter().run(line);
    if (result != null) Ui.check(Ui.samePixels(result, Ui.image("cells" + suffix + "-1")), "the replay gives other pixels");
    Ui.same(first, Scenario.csv(table), "the table of the replay");
  }

  /** The button shows the page of the operation, with the macro keys. */
  private static void help(Dialog dialog, String name, String key) {
    Ui.click(Ui.button(dialog, "Help"));
    Dialog page = Ui.dialog(name + " Help");
    String text = Ui.all(page, JEditorPane.class).get(0).getText();
    for (String expected : new String[] {name, "macro key", key, "Results"}) Ui.check(text.contains(expected), expected + " is not in the help");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(page);
    for (Window w : Window.getWindows()) Ui.check(!w.isShowing() || w == dialog || !(w instanceof Dialog), "another dialog is open");
  }
}
