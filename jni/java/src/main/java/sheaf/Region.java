package sheaf;

import ij.gui.PointRoi;
import ij.gui.PolygonRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import java.awt.geom.Path2D;
import java.util.Arrays;

/** A region of interest as plain data. Coordinates are in pixels, from the outer corner of the first pixel. */
public final class Region {
  final int kind;
  private final long slice;
  private final float[] xy;
  private final int[] ringEnds;
  private final int label;
  private final double score;
  private final String name;

  Region(int kind, long slice, float[] xy, int[] ringEnds, int label, double score, String name) {
    this.kind = kind;
    this.slice = slice;
    this.xy = xy;
    this.ringEnds = ringEnds.length == 0 ? new int[] {xy.length / 2} : ringEnds;
    this.label = label;
    this.score = score;
    this.name = name;
  }

  /** The image it lies on, from 1 as ImageJ counts; 0 = all. */
  public int position() {
    return (int) slice + 1;
  }

  /** x, y, x, y, ... of all rings, one behind the other. */
  public float[] coordinates() {
    return xy.clone();
  }

  /** Behind which pair of coordinates each ring ends. */
  public int[] ringEnds() {
    return ringEnds.clone();
  }

  /** 0 = none. */
  public int label() {
    return label;
  }

  /** NaN = none. */
  public double score() {
    return score;
  }

  public String name() {
    return name;
  }

  /** The region as ImageJ's; holes become holes. */
  public Roi toRoi() {
    Roi roi;
    if (ringEnds.length > 1 && kind == Abi.ROI_POLYGON) {
      Path2D.Float path = new Path2D.Float(Path2D.WIND_EVEN_ODD);
      int start = 0;
      for (int end : ringEnds) {
        for (int i = start; i < end; i++) {
          if (i == start)
            path.moveTo(xy[2 * i], xy[2 * i + 1]);
          else
            path.lineTo(xy[2 * i], xy[2 * i + 1]);
        }
        path.closePath();
        start = end;
      }
      roi = new ShapeRoi(path);
    } else {
      float[] x = new float[xy.length / 2];
      float[] y = new float[xy.length / 2];
      for (int i = 0; i < x.length; i++) {
        x[i] = xy[2 * i];
        y[i] = xy[2 * i + 1];
      }
      if (kind == Abi.ROI_POINTS)
        roi = new PointRoi(x, y);
      else
        roi = new PolygonRoi(x, y, kind == Abi.ROI_POLYLINE ? Roi.POLYLINE : Roi.POLYGON);
    }
    if (!name.isEmpty())
      roi.setName(name);
    else if (label > 0)
      roi.setName("Label-" + String.format("%03d", label));
    roi.setPosition(position());
    return roi;
  }

  @Override
  public String toString() {
    return "Region " + name + " of image " + position() + " " + Arrays.toString(xy);
  }
}
