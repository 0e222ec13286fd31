package sheaf;

import ij.ImagePlus;
import ij.ImageStack;
import ij.Macro;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.io.Opener;
import ij.plugin.PlugIn;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The command "Sheaf Template Painting...": wherever a template is found in an image, a segment is painted. On an image
 * that is being painted the colours go there and can be undone; otherwise the result is a colour image of its own.
 * Templates, attentions, segments and masks are files or titles of open images, several of them separated by ";".
 */
public final class TemplatePainting implements PlugIn {
  static final String COMMAND = "Sheaf Template Painting...";
  private static final List<String> KEYS = Arrays.asList("template", "segment", "attention", "mask", "error", "distance");
  private static final String HELP = "<html>Paints a segment wherever a template is found, on all slices at once."
      + "<ul><li>template: what is looked for<li>segment: what is painted there, of the same size"
      + "<li>attention: pixels of the template that count, not 0; else all but the black area at its border"
      + "<li>mask: pixels of the segment that are painted, not 0; else those that are not black"
      + "<li>error: all places up to it, 0.01 to 0.1 is usual; else only the best place of each slice"
      + "<li>distance: of two places at least, in x or in y</ul>"
      + "While the image is painted with the Paint tool, the colours go there; otherwise to a new image.</html>";
  private static final Map<String, String> lastInDialog = new LinkedHashMap<>();

  /** One thing to look for, and what to paint over it. All of one size. */
  static final class Stencil {
    final ImagePlus template;
    final ByteProcessor attention;
    final ColorProcessor segment;
    final ByteProcessor mask;

    /**
     * @param attention null: all of the template but the black area that is connected with its border
     * @param mask null: where the segment is not black
     */
    Stencil(ImagePlus template, ImageProcessor attention, ImageProcessor segment, ImageProcessor mask) {
      this.template = template;
      this.attention = attention == null ? withoutGround(template.getProcessor()) : binary(attention);
      this.segment = segment.convertToColorProcessor();
      this.mask = mask == null ? binary(this.segment) : binary(mask);
      for (ImageProcessor ip : new ImageProcessor[] {this.attention, this.segment, this.mask}) {
        if (ip.getWidth() == template.getWidth() && ip.getHeight() == template.getHeight())
          continue;
        String what = ip == this.attention ? "attention" : ip == this.segment ? "segment" : "mask";
        throw SheafException.invalid(what + ": it is " + ip.getWidth() + " x " + ip.getHeight() + " pixels, the template "
            + template.getTitle() + " " + template.getWidth() + " x " + template.getHeight() + "; both must have one size");
      }
      if (this.mask.getStats().max == 0)
        throw SheafException.invalid(mask != null ? "mask: all its pixels are 0, so that nothing would be painted"
            : "segment: it is all black, so that nothing would be painted; give a mask to paint black");
    }

    private static ByteProcessor binary(ImageProcessor ip) {
      ByteProcessor out = new ByteProcessor(ip.getWidth(), ip.getHeight());
      for (int i = 0; i < ip.getPixelCount(); i++) out.set(i, isBlack(ip, i) ? 0 : 255);
      return out;
    }

    private static boolean isBlack(ImageProcessor ip, int i) {
      return ip instanceof ColorProcessor ? (ip.get(i) & 0xffffff) == 0 : ip.getf(i) == 0;
    }

    static ByteProcessor withoutGround(ImageProcessor template) {
      ImageProcessor ip = template;
      if (ip instanceof ByteProcessor && ip.isInvertedLut()) {
        ip = ip.duplicate(); // black is what looks black
        ip.invert();
      }
      int width = ip.getWidth();
      int count = ip.getPixelCount();
      BitSet ground = new BitSet(count);
      int[] open = new int[count];
      int top = 0;
      for (int i = 0; i < count; i++) {
        boolean border = i < width || i >= count - width || i % width == 0 || i % width == width - 1;
        if (!border || !isBlack(ip, i))
          continue;
        ground.set(i);
        open[top++] = i;
      }
      while (top > 0) {
        int i = open[--top];
        int x = i % width;
        for (int j : new int[] {x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width}) {
          if (j < 0 || j >= count || ground.get(j) || !isBlack(ip, j))
            continue;
          ground.set(j);
          open[top++] = j;
        }
      }
      ByteProcessor out = new ByteProcessor(width, ip.getHeight());
      for (int i = 0; i < count; i++) out.set(i, ground.get(i) ? 0 : 255);
      return out;
    }
  }

  @Override
  public void run(String arg) {
    try {
      ImagePlus image = WindowManager.getCurrentImage();
      if (image == null)
        throw SheafException.invalid(Messages.NO_IMAGE);
      Map<String, String> given = new LinkedHashMap<>();
      String options = Macro.getOptions();
      if (options != null || GraphicsEnvironment.isHeadless()) {
        given.putAll(Options.parse(options == null ? "" : options, Options.macroVariables()));
        for (String key : given.keySet()) {
          if (!KEYS.contains(key))
            throw SheafException.invalid(key + ": unknown; there are " + String.join(", ", KEYS));
        }
      } else if (!ask(given)) {
        Recording.drop();
        return;
      }
      apply(image, given);
      if (options == null)
        Recording.write(COMMAND, given, null);
    } catch (SheafException e) {
      Recording.drop();
      Messages.error("Sheaf Template Painting", e.getMessage());
    }
  }

  private static boolean ask(Map<String, String> given) {
    GenericDialog dialog = new GenericDialog("Sheaf Template Painting");
    dialog.addMessage("Files or titles of open images; several separated by ;");
    String[] labels = {"Template:", "Segment:", "Attention (none: derived):", "Mask (none: derived):",
        "Error (none: best only):", "Distance (none: half the template):"};
    for (int i = 0; i < labels.length; i++) {
      String before = lastInDialog.getOrDefault(KEYS.get(i), "");
      if (i < 4)
        dialog.addFileField(labels[i], before);
      else
        dialog.addStringField(labels[i], before);
    }
    dialog.addHelp(HELP);
    dialog.showDialog();
    if (dialog.wasCanceled())
      return false;
    for (String key : KEYS) {
      String value = dialog.getNextString().trim();
      if (!value.isEmpty())
        given.put(key, value);
    }
    lastInDialog.clear();
    lastInDialog.putAll(given);
    return true;
  }

  private static void apply(ImagePlus image, Map<String, String> given) {
    List<Stencil> stencils = stencils(given);
    if (given.containsKey("distance") && !given.containsKey("error"))
      throw SheafException.invalid("distance: given without error; only with it is more than the best place painted");
    int[][] painted = paint(Sheaf.session(), image, stencils, given.get("error"), given.get("distance"));
    Paint session = Paint.of(image);
    if (session != null) {
      session.stamp(painted);
      return;
    }
    ImageStack stack = new ImageStack(image.getWidth(), image.getHeight());
    for (int n = 1; n <= painted.length; n++) {
      int[] rgb = new int[painted[n - 1].length];
      for (int i = 0; i < rgb.length; i++) rgb[i] = painted[n - 1][i] & 0xffffff;
      stack.addSlice(image.getStack().getSliceLabel(n), new ColorProcessor(image.getWidth(), image.getHeight(), rgb));
    }
    ImagePlus out = new ImagePlus(ResultsView.unique(Job.baseTitle(image) + "-painted"), stack);
    out.copyScale(image);
    out.setDimensions(image.getNChannels(), image.getNSlices(), image.getNFrames());
    out.setOpenAsHyperStack(image.isHyperStack());
    ResultsView.show(out, image);
  }

  /** @throws SheafException if a file is missing, or the lists do not fit one another */
  static List<Stencil> stencils(Map<String, String> given) {
    List<String> templates = list(given, "template");
    List<String> segments = list(given, "segment");
    List<String> attentions = list(given, "attention");
    List<String> masks = list(given, "mask");
    if (templates.isEmpty())
      throw SheafException.invalid("template: none given; name files or open images, separated by ;");
    same("segment", segments, templates);
    if (!attentions.isEmpty())
      same("attention", attentions, templates);
    if (!masks.isEmpty())
      same("mask", masks, templates);
    List<Stencil> stencils = new ArrayList<>();
    for (int i = 0; i < templates.size(); i++) {
      stencils.add(new Stencil(open("template", templates.get(i)),
          attentions.isEmpty() ? null : open("attention", attentions.get(i)).getProcessor(),
          open("segment", segments.get(i)).getProcessor(),
          masks.isEmpty() ? null : open("mask", masks.get(i)).getProcessor()));
    }
    return stencils;
  }

  private static List<String> list(Map<String, String> given, String key) {
    String text = given.getOrDefault(key, "").trim();
    if (text.isEmpty())
      return Collections.emptyList();
    List<String> parts = new ArrayList<>();
    for (String part : text.split(";")) parts.add(part.trim());
    return parts;
  }

  private static void same(String key, List<String> given, List<String> templates) {
    if (given.size() != templates.size()) {
      throw SheafException.invalid(key + ": " + given.size() + " given for " + templates.size() + " template"
          + (templates.size() == 1 ? "" : "s") + "; each template needs one");
    }
  }

  private static ImagePlus open(String key, String name) {
    ImagePlus image = read(key, name);
    if (image.getStackSize() > 1)
      throw SheafException.invalid(key + ": " + name + " has " + image.getStackSize() + " images, needs one");
    return image;
  }

  private static ImagePlus read(String key, String name) {
    ImagePlus image = GraphicsEnvironment.isHeadless() ? null : WindowManager.getImage(name);
    if (image != null)
      return image;
    if (!new File(name).isFile())
      throw SheafException.invalid(key + ": there is neither a file nor an open image \"" + name + "\"");
    Opener opener = new Opener();
    opener.setSilentMode(true);
    image = opener.openImage(name);
    if (image == null)
      throw SheafException.io(key + ": " + name + " is no image that ImageJ can read", null);
    return image;
  }

  /**
   * Colours for each slice, as ARGB; 0 where nothing is painted. Later stencils lie over earlier ones.
   *
   * @param error greatest error of a match; null = only the best place of each slice
   */
  static int[][] paint(Session session, ImagePlus image, List<Stencil> stencils, String error, String distance) {
    int width = image.getWidth();
    int[][] painted = new int[image.getStackSize()][width * image.getHeight()];
    for (Stencil s : stencils) {
      Map<String, String> options = new LinkedHashMap<>();
      if (error != null) {
        options.put("places", "threshold");
        options.put("error", error);
        if (distance != null)
          options.put("distance", distance);
      }
      ImagePlus attention = new ImagePlus("attention", s.attention);
      Result result =
          Sheaf.run(session, Arrays.asList(image, s.template, attention), "segment.template", options, null);
      Table places = result.table();
      double[] at = places.numbers("image");
      double[] x = places.numbers("x");
      double[] y = places.numbers("y");
      for (int m = 0; m < at.length; m++) {
        int[] into = painted[(int) at[m] - 1];
        for (int i = 0; i < s.mask.getPixelCount(); i++) {
          if (s.mask.get(i) != 0) {
            into[((int) y[m] + i / s.mask.getWidth()) * width + (int) x[m] + i % s.mask.getWidth()] =
                0xff000000 | s.segment.get(i);
          }
        }
      }
    }
    return painted;
  }
}
