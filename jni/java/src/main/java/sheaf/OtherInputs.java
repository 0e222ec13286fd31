package sheaf;

import ij.ImagePlus;
import ij.WindowManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The images of an operation that takes several: the first is the current image, the others are named, in macros as
 * input=[title].
 */
final class OtherInputs {
  static final String NONE = "none";

  private OtherInputs() {}

  /** Titles of the open images, in the order of the Window menu. */
  static List<String> openTitles() {
    List<String> titles = new ArrayList<>();
    int[] ids = WindowManager.getIDList();
    for (int id : ids == null ? new int[0] : ids) {
      ImagePlus image = WindowManager.getImage(id);
      if (image != null)
        titles.add(image.getTitle());
    }
    return titles;
  }

  /**
   * What a dialog offers first for each further input: the other open images in turn, those named after the current
   * one before others; none for what may be left out.
   *
   * @throws SheafException if fewer images are open than the operation needs
   */
  static void choose(Schema schema, ImagePlus current, Map<String, String> inputs) {
    List<String> others = openTitles();
    others.remove(current.getTitle());
    String base = Job.baseTitle(current);
    others.sort((a, b) -> Boolean.compare(b.startsWith(base), a.startsWith(base)));
    for (Schema.Input input : schema.inputs.subList(1, schema.inputs.size())) {
      if (input.optional) {
        List<String> places = places(input.name, current);
        inputs.put(input.name, places.isEmpty() ? NONE : places.get(0));
        continue;
      }
      if (others.isEmpty()) {
        throw SheafException.invalid(
            input.name + ": " + schema.name() + " needs another open image; only " + current.getTitle() + " is open");
      }
      inputs.put(input.name, others.remove(0));
    }
  }

  /**
   * The images in the order of the schema.
   *
   * @param inputs titles of all but the first; an absent one or "none" leaves out an optional input
   *
   * @throws SheafException if an image is not open, or one that is needed is not named
   */
  static List<ImagePlus> images(Schema schema, ImagePlus first, Map<String, String> inputs) {
    List<ImagePlus> images = new ArrayList<>();
    if (first != null)
      images.add(first);
    String left = null; // an input that was left out: the core takes no gaps
    for (Schema.Input input : schema.inputs.subList(Math.min(1, schema.inputs.size()), schema.inputs.size())) {
      String title = inputs.getOrDefault(input.name, NONE);
      if (input.optional && title.equals(NONE)) {
        left = input.name;
        continue;
      }
      if (title.equals(NONE)) {
        throw SheafException.invalid(
            input.name + ": no image given; write " + input.name + "=[title of an open image]");
      }
      if (left != null)
        throw SheafException.invalid(input.name + ": given without " + left);
      images.add(isAnnotations(input, title) ? Annotations.read(first, title) : open(input.name, title));
    }
    return images;
  }

  /** What an input takes besides open images: for annotations, selections with names. */
  static List<String> places(String input, ImagePlus image) {
    List<String> places = new ArrayList<>();
    for (String place : new String[] {Annotations.OVERLAY, Annotations.MANAGER}) {
      if (input.equals("annotations") && Annotations.existAt(image, place))
        places.add(place);
    }
    return places;
  }

  private static boolean isAnnotations(Schema.Input input, String title) {
    return input.name.equals("annotations") && (title.equals(Annotations.OVERLAY) || title.equals(Annotations.MANAGER))
        && WindowManager.getImage(title) == null;
  }

  private static ImagePlus open(String input, String title) {
    ImagePlus image = WindowManager.getImage(title);
    if (image == null && title.matches("-\\d{1,9}"))
      image = WindowManager.getImage(Integer.parseInt(title));
    if (image == null) {
      throw SheafException.invalid(
          input + ": no open image is called \"" + title + "\"; open are " + String.join(", ", openTitles()));
    }
    return image;
  }
}
