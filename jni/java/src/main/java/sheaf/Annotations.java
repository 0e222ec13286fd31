package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Overlay;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import ij.process.ByteProcessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Selections with the names foreground, background, probable_background and probable_foreground (a number may follow)
 * as a label image: 1, 2, 3 and 4; 0 where nothing is said.
 */
final class Annotations {
  static final String OVERLAY = "overlay";
  static final String MANAGER = "manager";
  static final int FOREGROUND = 1;
  static final int BACKGROUND = 2;
  private static final List<String> KINDS =
      Arrays.asList("foreground", "background", "probable_background", "probable_foreground");
  private static final Pattern NAME = Pattern.compile("((?:probable_)?(?:foreground|background))(?:[-_ ]?\\d+)?");

  private Annotations() {}

  /** The label of a selection of that name; 0 if it is no annotation. */
  static int label(String name) {
    Matcher m = NAME.matcher(name == null ? "" : name.trim().toLowerCase(Locale.ROOT));
    return m.matches() ? KINDS.indexOf(m.group(1)) + 1 : 0;
  }

  /** The label of a kind as macros write it. */
  static int kind(String name) {
    int label = KINDS.indexOf(name) + 1;
    if (label == 0)
      throw SheafException.invalid("kind: \"" + name + "\" given, needs " + String.join(", ", KINDS));
    return label;
  }

  static String kind(int label) {
    return KINDS.get(label - 1);
  }

  /** What cannot be true at the same pixel; 0 = nothing: what is only probable contradicts nothing. */
  static int contrary(int label) {
    return label == FOREGROUND ? BACKGROUND : label == BACKGROUND ? FOREGROUND : 0;
  }

  /** Whether there is any annotation at this place, "overlay" or "manager". */
  static boolean existAt(ImagePlus image, String place) {
    for (Roi roi : rois(image, place)) {
      if (label(roi.getName()) > 0)
        return true;
    }
    return false;
  }

  private static Roi[] rois(ImagePlus image, String place) {
    if (place.equals(MANAGER)) {
      RoiManager manager = RoiManager.getInstance2();
      return manager == null ? new Roi[0] : manager.getRoisAsArray();
    }
    Overlay overlay = image.getOverlay();
    return overlay == null ? new Roi[0] : overlay.toArray();
  }

  /** @throws SheafException if there is none, one lies outside, or two contradict one another */
  static ImagePlus read(ImagePlus image, String place) {
    List<Roi> marks = new ArrayList<>();
    for (Roi roi : rois(image, place)) {
      if (label(roi.getName()) > 0)
        marks.add(roi);
    }
    if (marks.isEmpty()) {
      throw SheafException.invalid("annotations: no selection in the " + (place.equals(MANAGER) ? "ROI Manager" : place)
          + " of " + image.getTitle() + " has one of the names " + String.join(", ", KINDS));
    }
    return of(image, marks);
  }

  static ImagePlus of(ImagePlus image, List<Roi> marks) {
    boolean each = false;
    for (Roi roi : marks) each |= roi.getPosition() > 0 || roi.hasHyperStackPosition();
    int count = each ? image.getStackSize() : 1;
    ImageStack stack = new ImageStack(image.getWidth(), image.getHeight());
    for (int n = 1; n <= count; n++) {
      ByteProcessor labels = new ByteProcessor(image.getWidth(), image.getHeight());
      for (Roi roi : marks) {
        if (!each || isOn(roi, image, n))
          draw(roi, label(roi.getName()), labels, n);
      }
      stack.addSlice(labels);
    }
    return new ImagePlus(image.getTitle() + "-annotations", stack);
  }

  private static boolean isOn(Roi roi, ImagePlus image, int n) {
    if (!roi.hasHyperStackPosition())
      return roi.getPosition() == 0 || roi.getPosition() == n;
    int[] at = image.convertIndexToPosition(n);
    return (roi.getCPosition() == 0 || roi.getCPosition() == at[0])
        && (roi.getZPosition() == 0 || roi.getZPosition() == at[1])
        && (roi.getTPosition() == 0 || roi.getTPosition() == at[2]);
  }

  /** Adds a mark to the labels: what is sure outweighs what is probable. */
  static void draw(Roi roi, int label, ByteProcessor labels, int n) {
    ByteProcessor mark = new ByteProcessor(labels.getWidth(), labels.getHeight());
    mark.setValue(255);
    if (roi.isArea()) {
      mark.fill(roi);
    } else {
      mark.setLineWidth(Math.max(1, Math.round(roi.getStrokeWidth())));
      if (roi instanceof PointRoi) {
        for (java.awt.Point p : roi.getContainedPoints()) mark.drawDot(p.x, p.y);
      } else {
        roi.drawPixels(mark);
      }
    }
    boolean inside = false;
    for (int i = 0; i < mark.getPixelCount(); i++) {
      if (mark.get(i) == 0)
        continue;
      inside = true;
      int before = labels.get(i);
      if (before > 0 && before == contrary(label)) {
        throw SheafException.invalid("annotations: pixel " + i % mark.getWidth() + "," + i / mark.getWidth()
            + " of image " + n + " is both foreground and background; take one of them away there");
      }
      if (before == 0 || label <= BACKGROUND || before > BACKGROUND)
        labels.set(i, label);
    }
    if (!inside) {
      throw SheafException.invalid("annotations: no pixel of the selection \"" + roi.getName()
          + "\" lies inside the image, which is " + mark.getWidth() + " x " + mark.getHeight() + " pixels");
    }
  }
}
