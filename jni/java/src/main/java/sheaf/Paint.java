package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.gui.Toolbar;
import ij.io.FileInfo;
import ij.io.FileSaver;
import ij.plugin.tool.PlugInTool;
import ij.process.ByteProcessor;
import java.awt.Color;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Painting of segments on the current image, by call("sheaf.Paint.fill", x, y) and so on; the tool does nothing else.
 * Coordinates count from 0, in pixels of the shown slice. Colours are ImageJ's foreground colour.
 */
public final class Paint extends Live {
  static final String CLASS = "sheaf.Paint.";
  private static final Map<ImagePlus, Paint> sessions = new WeakHashMap<>();

  private final PaintEngine engine;
  private boolean borders = true;
  private Color recordedColour;

  private Paint(ImagePlus image, PaintEngine engine) {
    super(image, "Paint");
    this.engine = engine;
    engine.restore(Arrays.asList(marks()));
    keepOnlyForeignMarks();
  }

  /** A title of an open label image. What was painted before comes back. */
  public static void open(String labels) {
    guarded(() -> {
      ImagePlus found = WindowManager.getImage(labels);
      if (found == null) {
        throw SheafException.invalid("labels: no open image is called \"" + labels + "\"; open are "
            + String.join(", ", OtherInputs.openTitles()));
      }
      start(current(), found);
    });
  }

  static Paint start(ImagePlus image, ImagePlus labels) {
    Paint before = of(image);
    PaintEngine engine = new PaintEngine(image, labels); // what is refused ends nothing
    if (before != null)
      before.close();
    engine.restore(saved(image));
    Paint paint = new Paint(image, engine);
    sessions.put(image, paint);
    paint.window();
    paint.show();
    return paint;
  }

  private void window() {
    if (GraphicsEnvironment.isHeadless() || image.getWindow() == null)
      return;
    button("Save, next", ' ', () -> {
      String folder = folderOrAsk();
      if (folder == null)
        return;
      recordAnswer("files", CLASS + "save", folder);
      say(write(folder) + " files in " + folder);
      step(1);
    });
    button("Undo", 'z', () -> act("undo", this::takeBack));
    button("Next", 'n', () -> act("next", () -> step(1)));
    button("Previous", 'p', () -> act("previous", () -> step(-1)));
    button("Reset", 'r', () -> act("reset", this::clear));
    button("Borders", 'd', () -> act("borders", this::switchBorders));
    button("Templates", 't', () -> IJ.doCommand(TemplatePainting.COMMAND));
    button("Quit", 'q', () -> act("quit", this::close));
    openWindow("Click: fill with the foreground colour. Right: take it away.\nDouble click: the same while the mouse "
        + "moves, until the next.\nMiddle, or shift and click: cut from point to point.");
  }

  /** The session of an image, or null. */
  static Paint of(ImagePlus image) {
    Paint paint = image == null ? null : sessions.get(image);
    return paint == null || paint.endIfChanged() ? null : paint;
  }

  private static Paint session() {
    Paint paint = of(current());
    if (paint == null) {
      throw SheafException.invalid("image: " + current().getTitle()
          + " is not being painted; choose \"Sheaf Paint Tool\" or call(\"sheaf.Paint.open\", title of a label image)");
    }
    return paint;
  }

  private void act(String function, Runnable action) {
    recordStep(CLASS + function, action);
  }

  // ---- what macros call --------------------------------------------------------------

  /** Fills the segment at a point, or the connected area of the colour that is there. */
  public static String fill(String x, String y) {
    int[] changed = new int[1];
    guarded(() -> changed[0] = session().fillAt(Arguments.pixels("x", x), Arguments.pixels("y", y)));
    return String.valueOf(changed[0]);
  }

  public static String unfill(String x, String y) {
    int[] changed = new int[1];
    guarded(() -> changed[0] = session().unfillAt(Arguments.pixels("x", x), Arguments.pixels("y", y)));
    return String.valueOf(changed[0]);
  }

  /** Points as "x,y,x,y,..." */
  public static void cut(String points) {
    guarded(() -> session().cutAlong(Arguments.points(points)));
  }

  public static void undo() {
    guarded(() -> session().takeBack());
  }

  public static void reset() {
    guarded(() -> session().clear());
  }

  public static void next() {
    guarded(() -> session().step(1));
  }

  public static void previous() {
    guarded(() -> session().step(-1));
  }

  /** Shows the borders of the segments, or hides them. */
  public static void borders() {
    guarded(() -> session().switchBorders());
  }

  /** Masks, label image and ROI set into a folder; returns the number of files. */
  public static String save(String folder) {
    int[] files = new int[1];
    guarded(() -> files[0] = session().write(folder));
    return String.valueOf(files[0]);
  }

  /** Ends painting; what was painted becomes overlay and is saved beside the image. */
  public static void quit() {
    guarded(() -> session().close());
  }

  // ---- the same for the tool -----------------------------------------------------------

  int fillAt(int x, int y) {
    int changed = engine.fill(image.getCurrentSlice(), x, y, Toolbar.getForegroundColor().getRGB() & 0xffffff);
    show();
    return changed;
  }

  int unfillAt(int x, int y) {
    int changed = engine.unfill(image.getCurrentSlice(), x, y);
    show();
    return changed;
  }

  void cutAlong(int... points) {
    engine.cut(image.getCurrentSlice(), points);
    show();
  }

  /** Paints over all slices, as one action. */
  void stamp(int[][] argb) {
    engine.stamp(argb);
    show();
  }

  private void takeBack() {
    int slice = engine.undo(image.getCurrentSlice());
    if (slice != image.getCurrentSlice())
      image.setPosition(slice);
    show();
  }

  private void clear() {
    engine.reset(image.getCurrentSlice());
    show();
  }

  private void switchBorders() {
    borders = !borders;
    show();
  }

  private void step(int by) {
    int count = image.getStackSize();
    image.setPosition((image.getCurrentSlice() - 1 + by + count) % count + 1); // setSlice() leaves a hyperstack's window behind
    show();
  }

  @Override
  boolean isOf(PlugInTool tool) {
    return tool instanceof PaintTool;
  }

  @Override
  int[] picture() {
    return engine.picture(image.getCurrentSlice(), borders);
  }

  PaintEngine engine() {
    return engine;
  }

  /** The colour belongs to what is repeated; ImageJ records only its own ways of changing it. */
  void recordColour() {
    Color c = Toolbar.getForegroundColor();
    if (c.equals(recordedColour) || !recording())
      return;
    recordedColour = c;
    writeLine((scripting() ? "IJ." : "") + "setForegroundColor(" + c.getRed() + ", " + c.getGreen() + ", " + c.getBlue() + ");\n");
  }

  // ---- files -----------------------------------------------------------------------------

  private static File folderOf(ImagePlus image) {
    FileInfo info = image.getOriginalFileInfo();
    return info == null || info.directory == null || info.directory.isEmpty() ? null : new File(info.directory);
  }

  private String folderOrAsk() {
    File folder = folderOf(image);
    return folder != null && folder.canWrite() ? folder.getPath() + File.separator : IJ.getDirectory("Folder for the masks");
  }

  private static File besideImage(ImagePlus image) {
    File folder = folderOf(image);
    return folder == null ? null : new File(folder, Job.baseTitle(image) + "_paint.zip");
  }

  private static List<Roi> saved(ImagePlus image) {
    File file = besideImage(image);
    return file == null || !file.isFile() ? new ArrayList<>() : RoiFiles.read(file);
  }

  /** What the engine holds needs no copy in the overlay. */
  private void keepOnlyForeignMarks() {
    Overlay foreign = new Overlay();
    for (Roi roi : marks()) {
      if (!PaintEngine.isOwn(roi))
        foreign.add(roi);
    }
    image.setOverlay(foreign.size() == 0 ? null : foreign);
  }

  private String name(int slice) {
    String title = Job.baseTitle(image);
    return image.getStackSize() == 1 ? title : title + String.format("-%04d", slice);
  }

  /** @return the number of files */
  int write(String folder) {
    File at = new File(folder);
    if (!at.isDirectory())
      throw SheafException.invalid("folder: there is no folder \"" + folder + "\"");
    try { // ImageJ shows a dialog for each file that it cannot write
      Files.delete(Files.createTempFile(at.toPath(), "sheaf", null));
    } catch (IOException | SecurityException e) {
      throw SheafException.io("folder: no files can be written into \"" + folder + "\"", e);
    }
    int files = 0;
    for (int n = 1; n <= engine.slices(); n++) {
      for (int colour : engine.colours(n)) {
        File file = new File(at, name(n) + "_mask_" + PaintEngine.name(colour) + ".png");
        put(new FileSaver(new ImagePlus("mask", engine.mask(n, colour))).saveAsPng(file.getPath()), file);
        files++;
      }
      files += emptyOthers(at, n);
    }
    if (files == 0)
      throw SheafException.invalid("save: nothing is painted");
    String base = Job.baseTitle(image) + "-painted";
    ImagePlus labels = engine.labelImage(base);
    labels.copyScale(image);
    File tiff = new File(at, base + ".tif");
    FileSaver saver = new FileSaver(labels);
    put(labels.getStackSize() > 1 ? saver.saveAsTiffStack(tiff.getPath()) : saver.saveAsTiff(tiff.getPath()), tiff);
    RoiFiles.write(new File(at, base + ".zip"), engine.rois());
    keepBesideImage(engine.rois());
    return files + 2;
  }

  /** Masks that were saved before, of colours that a slice has no longer, become empty; returns how many. */
  private int emptyOthers(File folder, int slice) {
    Set<String> painted = new HashSet<>();
    for (int colour : engine.colours(slice)) painted.add(PaintEngine.name(colour));
    Pattern mask = Pattern.compile(Pattern.quote(name(slice) + "_mask_") + "(\\d{1,3}-\\d{1,3}-\\d{1,3})\\.png");
    int emptied = 0;
    for (String file : folder.list()) {
      Matcher m = mask.matcher(file);
      if (!m.matches() || painted.contains(m.group(1)))
        continue;
      ImagePlus empty = new ImagePlus("mask", new ByteProcessor(image.getWidth(), image.getHeight()));
      put(new FileSaver(empty).saveAsPng(new File(folder, file).getPath()), new File(folder, file));
      emptied++;
    }
    return emptied;
  }

  /** False: there are regions, but no place beside the image where they could be kept. */
  private boolean keepBesideImage(List<Roi> rois) {
    File file = besideImage(image);
    if (rois.isEmpty() && (file == null || !file.isFile()))
      return true;
    try {
      if (file != null)
        RoiFiles.write(file, rois);
      return file != null;
    } catch (SheafException e) {
      return false;
    }
  }

  /** What would be gone with the image is put where there is room, and the log says where that is. */
  private void rescue(List<Roi> rois) {
    String what = "Sheaf Paint: " + image.getTitle() + ": the painting could not be saved beside the image; it is ";
    try {
      File file = File.createTempFile(Job.baseTitle(image) + "-", "_paint.zip");
      RoiFiles.write(file, rois);
      IJ.log(what + "in " + file + ", a set of selections, and comes back as " + Job.baseTitle(image)
          + "_paint.zip beside the image");
    } catch (IOException e) {
      IJ.log(what + "lost: " + Messages.reason(e));
    } catch (SheafException e) {
      IJ.log(what + "lost: " + e.getMessage());
    }
  }

  private static void put(boolean done, File file) {
    if (!done)
      throw SheafException.io(file + " could not be written", null);
  }

  @Override
  void end(boolean imageClosed) {
    sessions.remove(image);
    List<Roi> rois = engine.rois();
    boolean kept = keepBesideImage(rois);
    if (imageClosed && !kept)
      rescue(rois);
    if (imageClosed || rois.isEmpty())
      return;
    List<Roi> all = new ArrayList<>(Arrays.asList(marks()));
    all.addAll(rois);
    Overlay overlay = new Overlay();
    for (Roi roi : all) overlay.add(roi);
    image.setOverlay(overlay);
  }
}
