package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.ImageCanvas;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.Toolbar;
import ij.plugin.tool.PlugInTool;
import java.awt.Color;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.event.MouseEvent;
import java.util.ArrayList;
import java.util.List;

/** The toolbar tool "Sheaf GrabCut Tool": rectangle and strokes with the mouse. */
public final class GrabCutTool extends PlugInTool {
  private final List<Integer> points = new ArrayList<>(); // of the stroke being drawn
  private int label; // of the stroke; 0 = a rectangle

  @Override
  public void run(String arg) {
    Toolbar.addPlugInTool(this);
    Recording.drop(); // what it does is recorded, not that it was chosen
    ImagePlus image = WindowManager.getCurrentImage();
    if (image != null && GrabCut.of(image) == null)
      begin(image);
  }

  private static void begin(ImagePlus image) {
    GrabCut session = GrabCut.start(image);
    session.record(GrabCut.CLASS + "open");
    Roi roi = image.getRoi();
    if (roi == null || roi.getType() != Roi.RECTANGLE)
      return;
    Rectangle r = roi.getBounds();
    session.perform(() -> {
      session.frame(r);
      session.record(GrabCut.CLASS + "rectangle", r.x, r.y, r.width, r.height);
      image.deleteRoi();
    });
  }

  @Override
  public String getToolName() {
    return "Sheaf GrabCut Tool";
  }

  @Override
  public String getToolIcon() {
    return "C000R11eeCf00L5a8cL8cb6Cf80F6644";
  }

  @Override
  public void mousePressed(ImagePlus image, MouseEvent e) {
    e.consume();
    points.clear();
    GrabCut session = GrabCut.of(image);
    if (session == null) {
      begin(image);
      return;
    }
    boolean right = e.getButton() == MouseEvent.BUTTON3;
    boolean probable = e.isControlDown();
    if (e.getButton() == MouseEvent.BUTTON2 || e.isShiftDown())
      label = 0;
    else if (right)
      label = probable ? Annotations.kind("probable_background") : Annotations.BACKGROUND;
    else
      label = probable ? Annotations.kind("probable_foreground") : session.chosenKind();
    add(image, e);
  }

  @Override
  public void mouseDragged(ImagePlus image, MouseEvent e) {
    e.consume();
    if (points.isEmpty())
      return;
    add(image, e);
    image.setRoi(label == 0 ? new Roi(frame()) : line(GrabCut.of(image)));
    if (label != 0)
      IJ.showStatus(Annotations.kind(label) + ": " + points.size() / 2 + " points");
  }

  /** The stroke while it is being drawn. */
  private Roi line(GrabCut session) {
    float[] x = new float[points.size() / 2];
    float[] y = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = points.get(2 * i);
      y[i] = points.get(2 * i + 1);
    }
    PolygonRoi line = new PolygonRoi(x, y, Roi.FREELINE);
    line.setStrokeWidth(session == null ? 1 : session.brush());
    line.setStrokeColor(new Color(GrabCutEngine.COLOURS[label], true));
    return line;
  }

  @Override
  public void mouseReleased(ImagePlus image, MouseEvent e) {
    GrabCut session = GrabCut.of(image);
    if (session == null || points.isEmpty())
      return;
    e.consume();
    int[] xy = points.stream().mapToInt(Integer::intValue).toArray();
    Rectangle r = frame();
    points.clear();
    if (label == 0 && (r.width < 2 || r.height < 2))
      return;
    image.deleteRoi();
    session.perform(() -> {
      if (label == 0) {
        session.frame(r);
        session.record(GrabCut.CLASS + "rectangle", r.x, r.y, r.width, r.height);
      } else {
        session.stroke(label, xy);
      }
    });
  }

  private void add(ImagePlus image, MouseEvent e) {
    ImageCanvas canvas = image.getCanvas();
    Point p = new Point(canvas.offScreenX(e.getX()), canvas.offScreenY(e.getY()));
    int n = points.size();
    if (n >= 2 && points.get(n - 2) == p.x && points.get(n - 1) == p.y)
      return;
    points.add(p.x);
    points.add(p.y);
  }

  private Rectangle frame() {
    int n = points.size();
    Rectangle r = new Rectangle(points.get(0), points.get(1), 0, 0);
    r.add(points.get(n - 2), points.get(n - 1));
    return r;
  }
}
