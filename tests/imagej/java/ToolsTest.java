import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.ImageRoi;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.gui.Toolbar;
import ij.io.FileSaver;
import ij.macro.Interpreter;
import ij.plugin.frame.Recorder;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import java.awt.Choice;
import java.awt.Color;
import java.awt.Dialog;
import java.awt.Frame;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Scrollbar;
import java.awt.Toolkit;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;
import javax.imageio.ImageIO;

/** The interactive tools with mouse and keyboard; what was recorded gives the same again. */
final class ToolsTest {
  private static final int SIDE = 200;

  private ToolsTest() {}

  // ---- paint ---------------------------------------------------------------------------

  static void paint() throws Exception {
    File folder = new File(System.getProperty("test.work"), "paint");
    folder.mkdirs();
    ImagePlus image = new ImagePlus("cells.tif", cells());
    image.getStack();
    new FileSaver(image).saveAsTiff(new File(folder, "cells.tif").getPath());
    image = IJ.openImage(new File(folder, "cells.tif").getPath());
    ImagePlus labels = new ImagePlus("cells-labels", squares());
    labels.show();
    image.show();
    Recorder recorder = Ui.recorder();
    ready(image);
    Scenario.choose("Plugins>Sheaf>Segmentation", "Sheaf Paint Tool");
    Frame window = frame("Paint of cells.tif");
    Ui.same("Sheaf Paint Tool", IJ.getToolName(), "the tool");
    Toolbar.setForegroundColor(Color.red);
    click(image, 30, 30, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 30, 30, 0xff0000);
    Toolbar.setForegroundColor(new Color(0, 128, 255));
    click(image, 130, 30, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 130, 30, 0x0080ff);
    Toolbar.setForegroundColor(Color.magenta);
    click(image, 130, 130, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 130, 130, 0xff00ff);
    click(image, 130, 130, InputEvent.BUTTON3_DOWN_MASK);
    painted(image, 130, 130, -1);
    // a cut: the middle button from point to point
    click(image, 0, 150, InputEvent.BUTTON2_DOWN_MASK);
    click(image, 99, 150, InputEvent.BUTTON2_DOWN_MASK);
    Toolbar.setForegroundColor(Color.green);
    click(image, 30, 170, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 30, 170, 0x00ff00);
    painted(image, 30, 130, -1);
    picture("paint");
    Ui.key(KeyEvent.VK_Z);
    painted(image, 30, 170, -1);
    click(image, 30, 170, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 30, 170, 0x00ff00);
    String macro = recorded(recorder);
    Ui.key(KeyEvent.VK_SPACE);
    for (String name : new String[] {"cells_mask_255-0-0.png", "cells_mask_0-128-255.png", "cells_mask_0-255-0.png", "cells-painted.tif", "cells-painted.zip"})
      Ui.await(name, () -> new File(folder, name).isFile());
    ImagePlus mask = IJ.openImage(new File(folder, "cells_mask_255-0-0.png").getPath());
    Ui.same(255, mask.getProcessor().get(30, 30), "the mask inside");
    Ui.same(0, mask.getProcessor().get(130, 30), "the mask outside");
    Ui.key(KeyEvent.VK_Q);
    Ui.await("the end of the tool", () -> !window.isShowing());
    // edits survive closing the image
    image.changes = false;
    image.close();
    Ui.check(new File(folder, "cells_paint.zip").isFile(), "nothing was kept beside the image");
    ImagePlus again = IJ.openImage(new File(folder, "cells.tif").getPath());
    again.show();
    Ui.same("10000", new Interpreter().run("call('sheaf.Paint.open', 'cells-labels'); return call('sheaf.Paint.unfill', 30, 30);", ""), "pixels that came back");
    again.changes = false;
    again.close();
    new File(folder, "cells_paint.zip").delete();
    // the macro that was recorded paints the same
    ImagePlus third = IJ.openImage(new File(folder, "cells.tif").getPath());
    third.show();
    new Interpreter().run(macro);
    painted(third, 30, 30, 0xff0000);
    painted(third, 130, 30, 0x0080ff);
    painted(third, 130, 130, -1);
    painted(third, 30, 170, 0x00ff00);
    painted(third, 30, 130, -1);
  }

  /** Continuous painting, browsing, undo and reset across slices, the colour picker, the keys, and what is on disk afterwards. */
  static void paintSeries() throws Exception {
    File folder = new File(System.getProperty("test.work"), "series");
    folder.mkdirs();
    ImageStack slices = new ImageStack(SIDE, SIDE);
    for (int n = 1; n <= 3; n++) slices.addSlice("image " + n, cells());
    new FileSaver(new ImagePlus("series.tif", slices)).saveAsTiffStack(new File(folder, "series.tif").getPath());
    ImagePlus labels = new ImagePlus("series-labels", squares());
    labels.show();
    ImagePlus image = IJ.openImage(new File(folder, "series.tif").getPath());
    image.show();
    Recorder recorder = Ui.recorder();
    ready(image);
    Scenario.choose("Plugins>Sheaf>Segmentation", "Sheaf Paint Tool");
    Frame window = frame("Paint of series.tif");
    // a double click on the tool opens the colour picker; the status bar tells where the tool is
    Toolbar toolbar = Toolbar.getInstance();
    Point corner = toolbar.getLocationOnScreen();
    IJ.showStatus("");
    for (int x = 5; x < toolbar.getWidth() && !Scenario.status().contains("Sheaf Paint Tool"); x += 8) {
      Ui.robot.mouseMove(corner.x + x, corner.y + toolbar.getHeight() / 2);
      Ui.robot.waitForIdle();
    }
    press(InputEvent.BUTTON1_DOWN_MASK);
    press(InputEvent.BUTTON1_DOWN_MASK);
    Dialog picker = Ui.dialog("CP");
    picker.dispose();
    Ui.gone(picker);
    Scenario.select(image);
    Toolbar.setForegroundColor(Color.red);

    click(image, 30, 30, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 30, 30, 0xff0000);
    Ui.key(KeyEvent.VK_N);
    Ui.await("the second image", () -> image.getCurrentSlice() == 2);
    painted(image, 30, 30, -1);
    click(image, 30, 30, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 30, 30, 0xff0000);
    // continuous filling between two double clicks
    Toolbar.setForegroundColor(Color.green);
    doubleClick(image, 130, 30, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 130, 30, 0x00ff00);
    move(image, 30, 130);
    painted(image, 30, 130, 0x00ff00);
    doubleClick(image, 30, 130, InputEvent.BUTTON1_DOWN_MASK);
    move(image, 130, 130);
    Ui.pause(200);
    painted(image, 130, 130, -1);
    // and continuous unfilling
    doubleClick(image, 30, 130, InputEvent.BUTTON3_DOWN_MASK);
    painted(image, 30, 130, -1);
    move(image, 130, 30);
    painted(image, 130, 30, -1);
    doubleClick(image, 130, 30, InputEvent.BUTTON3_DOWN_MASK);
    move(image, 30, 30);
    Ui.pause(200);
    painted(image, 30, 30, 0xff0000);

    // colours stay with their images, however the user browses
    Ui.key(KeyEvent.VK_PERIOD);
    Ui.await("the third image", () -> image.getCurrentSlice() == 3);
    painted(image, 30, 30, -1);
    image.setSlice(1);
    painted(image, 30, 30, 0xff0000);
    painted(image, 130, 30, -1);
    Ui.key(KeyEvent.VK_P);
    Ui.await("the last image, before the first", () -> image.getCurrentSlice() == 3);
    Ui.key(KeyEvent.VK_D);
    Ui.await("no borders", () -> overlaid(image, 99, 50) == 0);
    Ui.key(KeyEvent.VK_D);
    Ui.await("borders", () -> overlaid(image, 99, 50) == 0x90ffff00);
    Toolbar.setForegroundColor(Color.blue);
    click(image, 130, 130, InputEvent.BUTTON1_DOWN_MASK);
    painted(image, 130, 130, 0x0000ff);
    Ui.key(KeyEvent.VK_R);
    painted(image, 130, 130, -1);
    Ui.key(KeyEvent.VK_Z);
    painted(image, 130, 130, 0x0000ff);
    // a template, then back
    Ui.key(KeyEvent.VK_T);
    Dialog templates = Ui.dialog("Sheaf Template Painting");
    Ui.key(KeyEvent.VK_ESCAPE);
    Ui.gone(templates);
    Scenario.select(image);
    Ui.key(KeyEvent.VK_SPACE);
    Ui.await("the first image, after the last", () -> image.getCurrentSlice() == 1);
    String macro = recorded(recorder);
    for (String call : new String[] {"open", "fill", "unfill", "next", "previous", "borders", "reset", "undo", "save"})
      Ui.check(macro.contains("\"sheaf.Paint." + call + "\""), call + " is not recorded: " + macro);
    for (String name : new String[] {"series-0001_mask_255-0-0.png", "series-0002_mask_255-0-0.png", "series-0003_mask_0-0-255.png", "series-painted.tif", "series-painted.zip"}) {
      File file = new File(folder, name);
      Ui.await(name, file::isFile);
      Ui.check(file.delete(), name);
    }
    Ui.same(0, folder.list((f, name) -> name.contains("_mask_")).length, "masks of what is not painted");

    // closing the image without q keeps what was painted
    image.changes = false;
    image.close();
    Ui.await("the end of the tool", () -> !window.isShowing());
    ImagePlus again = IJ.openImage(new File(folder, "series.tif").getPath());
    again.show();
    new Interpreter().run("call('sheaf.Paint.open', 'series-labels');");
    checkSeries(again);
    again.changes = false;
    again.close();
    new File(folder, "series_paint.zip").delete();
    // the recorded macro paints and saves the same
    ImagePlus third = IJ.openImage(new File(folder, "series.tif").getPath());
    third.show();
    new Interpreter().run(macro);
    Ui.check(IJ.getLog() == null, "the macro wrote into the log: " + IJ.getLog());
    checkSeries(third);
    for (String name : new String[] {"series-0001_mask_255-0-0.png", "series-0003_mask_0-0-255.png", "series-painted.tif"})
      Ui.check(new File(folder, name).isFile(), "the macro has not written " + name);
  }

  private static void checkSeries(ImagePlus image) {
    int[][] colours = {{0xff0000, -1, -1}, {0xff0000, -1, -1}, {-1, -1, 0x0000ff}};
    for (int n = 1; n <= 3; n++) {
      image.setSlice(n);
      painted(image, 30, 30, colours[n - 1][0]);
      painted(image, 130, 30, colours[n - 1][1]);
      painted(image, 130, 130, colours[n - 1][2]);
    }
  }

  /** Waits for the colour that is laid over a pixel; -1 = none. */
  static void painted(ImagePlus image, int x, int y, int rgb) {
    Ui.await("colour " + Integer.toHexString(rgb) + " at " + x + "," + y, () -> {
      int argb = overlaid(image, x, y);
      return rgb < 0 ? (argb >>> 24) == 0 || (argb & 0xffffff) == 0xffff00 : (argb & 0xffffff) == rgb && (argb >>> 24) == 0xa0;
    });
  }

  private static int overlaid(ImagePlus image, int x, int y) {
    Overlay overlay = image.getOverlay();
    for (int i = 0; overlay != null && i < overlay.size(); i++) {
      if (overlay.get(i) instanceof ImageRoi) {
        java.awt.image.BufferedImage picture = image(overlay.get(i));
        return picture.getRGB(x, y);
      }
    }
    return 0;
  }

  private static java.awt.image.BufferedImage image(Roi roi) {
    try {
      java.lang.reflect.Field field = ImageRoi.class.getDeclaredField("img");
      field.setAccessible(true);
      return (java.awt.image.BufferedImage) field.get(roi);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  // ---- GrabCut ---------------------------------------------------------------------------

  static void grabcut() throws Exception {
    ImagePlus image = new ImagePlus("cell.tif", cells());
    image.show();
    Recorder recorder = Ui.recorder();
    ready(image);
    Scenario.choose("Plugins>Sheaf>Segmentation", "Sheaf GrabCut Tool");
    Frame window = frame("GrabCut of cell.tif");
    drag(image, 30, 30, 170, 170, InputEvent.BUTTON2_DOWN_MASK);
    Ui.await("the rectangle", () -> overlaid(image, 100, 30) == 0xffffffff);
    Ui.key(KeyEvent.VK_SPACE);
    Ui.await("the foreground", () -> overlaid(image, 100, 100) == 0x4000ff00);
    Ui.same(0, overlaid(image, 40, 40), "the background");
    Ui.await("its size", () -> Ui.texts(window).contains("pixels of foreground"));
    // a stroke with the right mouse button is background; it is seen while it is drawn
    move(image, 90, 100);
    Ui.robot.mousePress(InputEvent.BUTTON3_DOWN_MASK);
    move(image, 100, 100);
    move(image, 105, 100);
    Ui.await("the line being drawn", () -> image.getRoi() != null && image.getRoi().getStrokeColor().getBlue() == 255);
    Ui.robot.mouseRelease(InputEvent.BUTTON3_DOWN_MASK);
    Ui.await("the end of the line", () -> image.getRoi() == null);
    Ui.await("the stroke", () -> overlaid(image, 100, 100) == 0xd03060ff);
    // z takes the stroke back, then the iteration, then the rectangle; after that there is nothing
    Ui.key(KeyEvent.VK_Z);
    Ui.await("no stroke", () -> overlaid(image, 100, 100) == 0x4000ff00);
    Ui.key(KeyEvent.VK_Z);
    Ui.await("no foreground", () -> overlaid(image, 100, 100) == 0);
    Ui.await("no size of it", () -> Ui.texts(window).contains("not divided yet"));
    Ui.same(0xffffffff, overlaid(image, 100, 30), "the rectangle");
    Ui.key(KeyEvent.VK_Z);
    Ui.await("no rectangle", () -> overlaid(image, 100, 30) == 0);
    Ui.key(KeyEvent.VK_Z);
    Dialog nothing = Ui.dialog("Sheaf GrabCut");
    Ui.check(Ui.texts(nothing).contains("undo: there is nothing to undo"), Ui.texts(nothing));
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(nothing);
    Scenario.select(image);
    drag(image, 30, 30, 170, 170, InputEvent.BUTTON2_DOWN_MASK);
    Ui.key(KeyEvent.VK_SPACE);
    Ui.await("the foreground again", () -> overlaid(image, 100, 100) == 0x4000ff00);
    drag(image, 90, 100, 105, 100, InputEvent.BUTTON3_DOWN_MASK);
    Ui.await("the stroke again", () -> overlaid(image, 100, 100) == 0xd03060ff);
    int before = recorded(recorder).split("iterate").length;
    Ui.key(KeyEvent.VK_SPACE);
    Ui.await("the second iteration", () -> recorded(recorder).split("iterate").length == before + 1);
    picture("grabcut");
    Ui.key(KeyEvent.VK_F);
    ImagePlus labels = Ui.image("cell-labels");
    Ui.await("the end of the tool", () -> !window.isShowing());
    Ui.same(1, labels.getProcessor().get(100, 80), "the object");
    Ui.same(0, labels.getProcessor().get(100, 100), "the stroke of background");
    Ui.same(0, labels.getProcessor().get(10, 10), "the ground");
    Ui.check(image.getOverlay() == null, "the picture of the tool is still over the image");
    String macro = recorded(recorder);
    ImagePlus first = labels.duplicate();
    labels.close();
    ready(image);
    new Interpreter().run(macro);
    Ui.check(Ui.samePixels(first, Ui.image("cell-labels")), "the recorded macro gave another result:\n" + macro);
    // q leaves without a result, r forgets
    ready(image);
    new Interpreter().run("call('sheaf.GrabCut.open'); call('sheaf.GrabCut.rectangle', 30, 30, 100, 100);");
    Frame second = frame("GrabCut of cell.tif");
    ready(image);
    Ui.key(KeyEvent.VK_R);
    Ui.await("a clean image", () -> overlaid(image, 100, 30) == 0);
    Ui.key(KeyEvent.VK_Q);
    Ui.await("the end of the tool", () -> !second.isShowing());
  }

  /** The four kinds of strokes and the brush; iterations by the space bar are those of the macro at once. */
  static void strokes() throws Exception {
    ImagePlus image = new ImagePlus("cell.tif", cells());
    image.show();
    Recorder recorder = Ui.recorder();
    ready(image);
    Scenario.choose("Plugins>Sheaf>Segmentation", "Sheaf GrabCut Tool");
    Frame window = frame("GrabCut of cell.tif");
    // shift and the left button: a rectangle; a smaller one takes its place
    Ui.robot.keyPress(KeyEvent.VK_SHIFT);
    drag(image, 10, 10, 190, 190, InputEvent.BUTTON1_DOWN_MASK);
    Ui.await("the rectangle", () -> overlaid(image, 100, 10) == 0xffffffff);
    drag(image, 30, 30, 170, 170, InputEvent.BUTTON1_DOWN_MASK);
    Ui.robot.keyRelease(KeyEvent.VK_SHIFT);
    Ui.await("the other rectangle", () -> overlaid(image, 100, 30) == 0xffffffff);
    Ui.same(0, overlaid(image, 100, 10), "the first rectangle");
    // the kind is chosen in the window; so is the brush
    Choice kinds = Ui.all(window, Choice.class).get(0);
    int[] colours = {0xd0ff3030, 0xd03060ff, 0xd000c8ff, 0xd0ffb000};
    for (int kind = 0; kind < 4; kind++) {
      Ui.choose(kinds, kind);
      int y = 85 + 10 * kind;
      int colour = colours[kind];
      drag(image, 90, y, 110, y, InputEvent.BUTTON1_DOWN_MASK);
      Ui.await("a stroke of kind " + kind, () -> overlaid(image, 100, y) == colour);
      Ui.same(6, thickness(image, 100, y), "the brush");
    }
    Scrollbar brush = Ui.all(window, Scrollbar.class).get(0);
    Point at = brush.getLocationOnScreen();
    for (int i = 0; i < 6; i++) {
      Ui.robot.mouseMove(at.x + brush.getWidth() - 5, at.y + brush.getHeight() / 2);
      press(InputEvent.BUTTON1_DOWN_MASK);
    }
    Ui.await("a wider brush", () -> brush.getValue() == 12);
    Ui.robot.keyPress(KeyEvent.VK_CONTROL);
    drag(image, 60, 60, 70, 60, InputEvent.BUTTON1_DOWN_MASK);
    Ui.await("probable foreground", () -> overlaid(image, 65, 60) == colours[3]);
    Ui.same(12, thickness(image, 65, 60), "the wider brush");
    drag(image, 60, 140, 70, 140, InputEvent.BUTTON3_DOWN_MASK);
    Ui.robot.keyRelease(KeyEvent.VK_CONTROL);
    Ui.await("probable background", () -> overlaid(image, 65, 140) == colours[2]);
    // a stroke over one that says the contrary holds, and the tool says so
    Ui.choose(kinds, 0);
    drag(image, 109, 95, 111, 95, InputEvent.BUTTON1_DOWN_MASK);
    Ui.await("what was replaced", () -> Scenario.status().matches(".*\\d+ pixels of background replaced by foreground"));
    Ui.await("the recorded replacement", () -> recorded(recorder).contains("\", \"replace\");"));
    picture("strokes");
    for (int i = 1; i <= 3; i++) {
      int calls = i;
      Scenario.select(image);
      Ui.key(KeyEvent.VK_SPACE);
      Ui.await("iteration " + i, () -> recorded(recorder).split("iterate", -1).length == calls + 1);
    }
    Ui.click(Ui.checkbox(window, "Separate objects"));
    Scenario.select(image);
    Ui.key(KeyEvent.VK_F);
    ImagePlus labels = Ui.image("cell-labels");
    Ui.await("the recorded end", () -> recorded(recorder).endsWith("call(\"sheaf.GrabCut.finish\", \"separate\");\n"));
    Ui.same(1, labels.getProcessor().get(100, 85), "the stroke of foreground");
    Ui.same(0, labels.getProcessor().get(100, 97), "the stroke of background");
    String macro = recorded(recorder);
    ImagePlus first = labels.duplicate();
    labels.close();
    ready(image);
    String step = "area = call(\"sheaf.GrabCut.iterate\", \"1\");\n";
    String once = macro.replace(step + step + step, step.replace('1', '3'));
    Ui.same(2, once.split("iterate", -1).length, "iterations in\n" + once);
    new Interpreter().run(once);
    Ui.check(IJ.getLog() == null, "the macro wrote into the log: " + IJ.getLog());
    Ui.check(Ui.samePixels(first, Ui.image("cell-labels")), "three iterations at once are not three iterations:\n" + once);
  }

  /** Pixels of one colour above and below a pixel, with it. */
  private static int thickness(ImagePlus image, int x, int y) {
    int count = 1;
    for (int up = y - 1; overlaid(image, x, up) == overlaid(image, x, y); up--) count++;
    for (int down = y + 1; overlaid(image, x, down) == overlaid(image, x, y); down++) count++;
    return count;
  }

  // ---- images and hands ------------------------------------------------------------------

  /** A bright disk of radius 50 in the middle of textured ground. */
  private static ColorProcessor cells() {
    ColorProcessor ip = new ColorProcessor(SIDE, SIDE);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        boolean inside = (x - 100) * (x - 100) + (y - 100) * (y - 100) < 2500;
        int t = (7 * x + 13 * y + x * y) % 29;
        ip.set(x, y, (inside ? 180 + t : 50 + t) << 16 | (inside ? 150 - t : 80 + t) << 8 | (inside ? 90 : 120 - t));
      }
    }
    return ip;
  }

  /** Four squares, labels 1 to 4. */
  private static ByteProcessor squares() {
    ByteProcessor ip = new ByteProcessor(SIDE, SIDE);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) ip.set(x, y, 1 + x / 100 + 2 * (y / 100));
    }
    return ip;
  }

  static void ready(ImagePlus image) {
    image.getWindow().setLocation(500, 300);
    image.getCanvas().setMagnification(1);
    Scenario.select(image);
    Ui.pause(200);
  }

  static Frame frame(String title) {
    return Ui.await("the window " + title, () -> {
      for (Frame f : Frame.getFrames()) {
        if (f.isShowing() && f.getTitle().equals(title)) return f;
      }
      return null;
    });
  }

  static void move(ImagePlus image, int x, int y) {
    Point corner = image.getCanvas().getLocationOnScreen();
    Ui.robot.mouseMove(corner.x + image.getCanvas().screenX(x), corner.y + image.getCanvas().screenY(y));
  }

  private static void press(int button) {
    Ui.robot.mousePress(button);
    Ui.robot.mouseRelease(button);
    Ui.robot.waitForIdle();
  }

  static void click(ImagePlus image, int x, int y, int button) {
    move(image, x, y);
    press(button);
    Ui.pause(600); // two clicks in one place would be a double click
  }

  static void doubleClick(ImagePlus image, int x, int y, int button) {
    move(image, x, y);
    press(button);
    press(button);
    Ui.pause(600);
  }

  private static void drag(ImagePlus image, int x0, int y0, int x1, int y1, int button) {
    move(image, x0, y0);
    Ui.robot.mousePress(button);
    for (int i = 1; i <= 10; i++) move(image, x0 + (x1 - x0) * i / 10, y0 + (y1 - y0) * i / 10);
    Ui.robot.mouseRelease(button);
    Ui.robot.waitForIdle();
    Ui.pause(100);
  }

  /** The lines that call Sheaf or set its colour and slice. */
  static String recorded(Recorder recorder) {
    StringBuilder macro = new StringBuilder();
    for (String line : recorder.getText().split("\n")) {
      if (line.contains("call(\"sheaf.") || line.startsWith("setForegroundColor") || line.startsWith("setSlice")) macro.append(line).append('\n');
    }
    return macro.toString();
  }

  /** A picture of the screen for the documentation and for whoever looks. */
  static void picture(String name) throws Exception {
    Ui.pause(300);
    ImageIO.write(Ui.robot.createScreenCapture(new Rectangle(Toolkit.getDefaultToolkit().getScreenSize())), "png", new File(System.getProperty("test.work"), name + ".png"));
  }
}
