package sheaf;

import ij.ImagePlus;
import ij.WindowManager;
import java.util.HashMap;
import java.util.Map;

/**
 * What a dialog offers for parameters that are positions of images: the one in view, as long as the user has not
 * written another.
 */
final class InView {
  private final Schema schema;
  private final ImagePlus first;
  private final Map<String, String> offered = new HashMap<>();

  /** @param first the image of the first input */
  InView(Schema schema, ImagePlus first) {
    this.schema = schema;
    this.first = first;
  }

  /**
   * Positions to be offered anew: all at first, then those that another image or axis has changed.
   *
   * @param inputs titles of the further images
   * @param values of the dialog; one that is not what was offered last is the user's
   */
  Map<String, String> changed(Map<String, String> inputs, Map<String, String> values) {
    Map<String, String> changed = new HashMap<>();
    for (Schema.Param p : schema.params) {
      if (p.inView.isEmpty())
        continue;
      String before = offered.get(p.key);
      String now = String.valueOf(position(image(p, inputs), axis(values)));
      if (now.equals(before) || (before != null && !before.equals(values.get(p.key))))
        continue;
      offered.put(p.key, now);
      changed.put(p.key, now);
    }
    return changed;
  }

  private ImagePlus image(Schema.Param p, Map<String, String> inputs) {
    for (String name : p.inView) {
      if (name.equals(schema.inputs.get(0).name))
        return first;
      ImagePlus other = WindowManager.getImage(inputs.getOrDefault(name, OtherInputs.NONE));
      if (other != null)
        return other;
    }
    return first;
  }

  private String axis(Map<String, String> values) {
    return schema.param("axis") == null ? "" : values.get("axis");
  }

  /** The place in view, from 1: in its channel, or along an axis. */
  static int position(ImagePlus image, String axis) {
    Info info = new ImageInput(image, null).info();
    int n = image.getCurrentSlice() - 1;
    int frames = Math.max(1, info.frames);
    int depth = Math.max(1, info.depth);
    int place = n / Math.max(1, info.channels);
    boolean alongTime = axis.equals("time") || axis.equals("both") || (axis.equals("auto") && frames > 1);
    return 1 + (axis.isEmpty() ? place : alongTime ? place / depth : place % depth);
  }
}
