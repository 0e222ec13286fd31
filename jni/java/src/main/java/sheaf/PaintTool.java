package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.gui.ImageCanvas;
import ij.gui.Toolbar;
import ij.plugin.tool.PlugInTool;
import java.awt.Point;
import java.awt.event.InputEvent;
import java.awt.event.MouseEvent;
import java.util.ArrayList;
import java.util.List;

/** The toolbar tool "Sheaf Paint Tool": fills and empties segments of a label image with the mouse. */
public final class PaintTool extends PlugInTool {
  private enum Continuous { NO, FILL, UNFILL }

  private Continuous continuous = Continuous.NO;
  private Point lastCut;
  private ImagePlus worked; // the image and its slice that both are for
  private int workedSlice;

  @Override
  public void run(String arg) {
    Toolbar.addPlugInTool(this);
    Recording.drop(); // what it does is recorded, not that it was chosen
    ImagePlus image = WindowManager.getCurrentImage();
    if (image == null || Paint.of(image) != null)
      return;
    try {
      begin(image);
    } catch (SheafException e) {
      IJ.error("Sheaf Paint", Messages.wrap(e.getMessage(), 90));
    }
  }

  @Override
  public String getToolName() {
    return "Sheaf Paint Tool";
  }

  @Override
  public String getToolIcon() {
    return "C037R0077Cf60F8077C0a0F0877CfffL7070L0777C000L8ff8L9fe9";
  }

  @Override
  public void showOptionsDialog() {
    IJ.doCommand("Color Picker...");
  }

  private static void begin(ImagePlus image) {
    List<String> fitting = new ArrayList<>();
    for (String title : OtherInputs.openTitles()) {
      ImagePlus other = WindowManager.getImage(title);
      if (other != image && other.getWidth() == image.getWidth() && other.getHeight() == image.getHeight()
          && other.getBitDepth() != 24 && (other.getStackSize() == 1 || other.getStackSize() == image.getStackSize()))
        fitting.add(title);
    }
    if (fitting.isEmpty()) {
      throw SheafException.invalid("labels: no label image of the size of " + image.getTitle()
          + " is open; make one by Plugins>Sheaf>Segmentation, select " + image.getTitle() + ", and choose the tool again");
    }
    String base = Job.baseTitle(image);
    fitting.sort((a, b) -> Boolean.compare(b.startsWith(base), a.startsWith(base)));
    String chosen = fitting.get(0);
    if (fitting.size() > 1) {
      GenericDialog dialog = new GenericDialog("Sheaf Paint");
      dialog.addChoice("Labels:", fitting.toArray(new String[0]), chosen);
      dialog.showDialog();
      if (dialog.wasCanceled())
        return;
      chosen = dialog.getNextChoice();
    }
    Paint.start(image, WindowManager.getImage(chosen)).record(Paint.CLASS + "open", chosen);
  }

  @Override
  public void mousePressed(ImagePlus image, MouseEvent e) {
    e.consume();
    Paint paint = Paint.of(image);
    if (paint == null) {
      // a dialog must not be waited for on the thread that shows it
      new Thread(() -> run(""), "Run$_Sheaf_Paint").start();
      return;
    }
    Point at = at(image, e);
    forgetOthers(image);
    boolean right = e.getButton() == MouseEvent.BUTTON3 || (e.getModifiersEx() & InputEvent.CTRL_DOWN_MASK) != 0;
    if (e.getButton() == MouseEvent.BUTTON2 || e.isShiftDown()) {
      cut(paint, at);
      return;
    }
    lastCut = null;
    if (e.getClickCount() == 2) {
      Continuous wanted = right ? Continuous.UNFILL : Continuous.FILL;
      continuous = continuous == wanted ? Continuous.NO : wanted;
      paint.say(continuous == Continuous.NO ? "one segment a click" : "continuous " + continuous.name().toLowerCase(java.util.Locale.ROOT));
    } else {
      apply(paint, at, right);
    }
  }

  /** A line or continuous painting that was begun elsewhere does not go on here. */
  private void forgetOthers(ImagePlus image) {
    int slice = image.getCurrentSlice();
    if (image != worked)
      continuous = Continuous.NO;
    if (image != worked || slice != workedSlice)
      lastCut = null;
    worked = image;
    workedSlice = slice;
  }

  @Override
  public void mouseMoved(ImagePlus image, MouseEvent e) {
    followMouse(image, e);
  }

  @Override
  public void mouseDragged(ImagePlus image, MouseEvent e) {
    e.consume();
    followMouse(image, e);
  }

  private void followMouse(ImagePlus image, MouseEvent e) {
    Paint paint = Paint.of(image);
    if (paint == null || continuous == Continuous.NO || image != worked)
      return;
    Point at = at(image, e);
    boolean painted = paint.engine().colour(image.getCurrentSlice(), at.x, at.y) >= 0;
    // only what is not yet as it should be
    if (painted == (continuous == Continuous.UNFILL))
      apply(paint, at, continuous == Continuous.UNFILL);
  }

  private static Point at(ImagePlus image, MouseEvent e) {
    ImageCanvas canvas = image.getCanvas();
    return new Point(Math.max(0, Math.min(image.getWidth() - 1, canvas.offScreenX(e.getX()))),
        Math.max(0, Math.min(image.getHeight() - 1, canvas.offScreenY(e.getY()))));
  }

  private static void apply(Paint paint, Point at, boolean away) {
    paint.perform(() -> {
      int changed = away ? paint.unfillAt(at.x, at.y) : paint.fillAt(at.x, at.y);
      if (changed == 0)
        return;
      if (!away)
        paint.recordColour();
      paint.recordAnswer("changed", Paint.CLASS + (away ? "unfill" : "fill"), at.x, at.y);
    });
  }

  private void cut(Paint paint, Point at) {
    Point from = lastCut;
    lastCut = at;
    if (from == null)
      return;
    paint.perform(() -> {
      paint.cutAlong(from.x, from.y, at.x, at.y);
      paint.record(Paint.CLASS + "cut", from.x + "," + from.y + "," + at.x + "," + at.y);
    });
  }
}
