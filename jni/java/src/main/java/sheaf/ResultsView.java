package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GUI;
import ij.gui.Overlay;
import ij.gui.Plot;
import ij.gui.PlotWindow;
import ij.gui.Roi;
import ij.macro.Interpreter;
import ij.plugin.frame.RoiManager;
import java.awt.EventQueue;
import java.awt.GraphicsEnvironment;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Window;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shows what a run gave: tables, plots, regions, and the images last, so that they are what the next command works on.
 */
final class ResultsView {
  private static final int REMEMBERED = 100;
  private static final int FOCUS_MS = 500; // window managers need not give it

  /** The newest tables by title: without a screen ImageJ keeps none. */
  private static final Map<String, Table> tables = Collections.synchronizedMap(new LinkedHashMap<String, Table>() {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Table> eldest) {
      return size() > REMEMBERED;
    }
  });

  private ResultsView() {}

  /** The newest table of that title, or null. */
  static Table table(String title) {
    return tables.get(title);
  }

  static void show(Schema schema, Request request, Result result, ImagePlus input) {
    List<Plot> plots = new ArrayList<>(); // all are drawn before any is shown: one that cannot be drawn is a failure
    for (Map<String, Object> plot : result.plots().values()) plots.add(PlotView.draw(plot));
    for (Table table : result.tables().values()) {
      tables.remove(table.title());
      tables.put(table.title(), table);
      table.show();
    }
    for (Plot plot : plots) {
      Point place = closePlot(plot.getTitle(), input);
      plot.getImagePlus().setTitle(unique(plot.getTitle()));
      show(plot, place);
    }
    if (!result.regions().isEmpty())
      showRegions(schema, request, result, input);
    List<ImagePlus> images = new ArrayList<>(result.images().values());
    Collections.reverse(images);
    for (ImagePlus image : images) {
      image.setTitle(unique(image.getTitle()));
      image.show();
    }
    if (images.isEmpty() && input != null && IJ.isMacro())
      activate(input);
  }

  /** ImageJ's own way of making a title unique overlooks the images of batch mode. */
  static String unique(String title) {
    List<String> taken = Arrays.asList(WindowManager.getImageTitles());
    String free = title;
    for (int i = 1; taken.contains(free); i++) free = title + "-" + i;
    return free;
  }

  /** Closes the plot that a run before left under this title; where it stood, or null. */
  private static Point closePlot(String title, ImagePlus input) {
    for (int id : WindowManager.getIDList() == null ? new int[0] : WindowManager.getIDList()) {
      ImagePlus image = WindowManager.getImage(id);
      if (image == null || image == input || !image.getTitle().equals(title) || !isPlot(image))
        continue;
      Point place = image.getWindow() == null ? null : image.getWindow().getLocation();
      image.changes = false;
      image.close();
      return place;
    }
    return null;
  }

  private static boolean isPlot(ImagePlus image) {
    return image.getWindow() instanceof PlotWindow || image.getProperty(Plot.PROPERTY_KEY) != null;
  }

  /** @param place where the window goes, null for where ImageJ puts it */
  private static void show(Plot plot, Point place) {
    if (GraphicsEnvironment.isHeadless() && !Interpreter.isBatchMode())
      return; // nowhere to keep it
    PlotWindow window = plot.show();
    if (window == null)
      return; // batch mode
    if (IJ.isMacro())
      awaitFocus(window);
    if (place != null) {
      window.setLocation(place);
      return;
    }
    // ImageJ places windows by their size before they have their frame and buttons
    Rectangle screen = GUI.getMaxWindowBounds(window);
    Rectangle bounds = window.getBounds();
    int beyond = bounds.y + bounds.height - screen.y - screen.height;
    if (beyond > 0)
      window.setLocation(bounds.x, Math.max(screen.y, bounds.y - beyond));
  }

  /**
   * Shows what a tool made of an image, for a macro as its current image. ImageJ does not wait until an image that a
   * macro selected has the focus; where that came late, the image would be the current one again.
   */
  static void show(ImagePlus result, ImagePlus input) {
    boolean windows = IJ.isMacro() && !Interpreter.isBatchMode();
    if (windows && input.getWindow() != null)
      awaitFocus(input.getWindow());
    result.show();
    if (windows && result.getWindow() != null)
      awaitFocus(result.getWindow());
  }

  /** A plot must not become what the macro's next command works on. */
  private static void activate(ImagePlus input) {
    if (input.getWindow() == null || Interpreter.isBatchMode()) {
      WindowManager.setTempCurrentImage(input);
      return;
    }
    IJ.selectWindow(input.getID());
    awaitFocus(input.getWindow());
  }

  /**
   * A window gets the focus some time after it was shown, and then becomes the current one. A macro must not be
   * surprised by that in a later line.
   */
  private static void awaitFocus(Window window) {
    if (EventQueue.isDispatchThread())
      return;
    long end = System.currentTimeMillis() + FOCUS_MS;
    while (!window.isFocused() && System.currentTimeMillis() < end) IJ.wait(5);
    try {
      EventQueue.invokeAndWait(() -> {}); // ImageJ's listeners have heard of it, too
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e); // nothing was invoked that could throw
    }
  }

  private static void showRegions(Schema schema, Request request, Result result, ImagePlus input) {
    ImagePlus target = result.image() != null ? result.image() : input;
    if (request.regions == Request.Regions.MANAGER) {
      RoiManager manager = GraphicsEnvironment.isHeadless() ? null : RoiManager.getRoiManager();
      if (manager != null) {
        for (Region region : result.regions()) manager.addRoi(positioned(region, target));
        return;
      }
      IJ.log(schema.name() + ": there is no ROI Manager without a screen; the regions are in the overlay");
    }
    if (target == null)
      return;
    Overlay overlay = target.getOverlay() == null ? new Overlay() : target.getOverlay();
    for (Region region : result.regions()) overlay.add(positioned(region, target));
    target.setOverlay(overlay);
  }

  private static Roi positioned(Region region, ImagePlus target) {
    Roi roi = region.toRoi();
    int n = region.position();
    if (n > 0 && target != null && target.isHyperStack() && n <= target.getStackSize()) {
      int[] position = target.convertIndexToPosition(n);
      roi.setPosition(position[0], position[1], position[2]);
    }
    return roi;
  }
}
