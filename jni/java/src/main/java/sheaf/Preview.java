package sheaf;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.gui.ImageCanvas;
import ij.gui.ImageRoi;
import ij.gui.Overlay;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import java.util.Collections;
import java.util.Map;

/**
 * Shows what an operation makes of the image in view, on a thread of its own that starts anew at each change. The
 * pixels of the image are never written to: its processor is lent the result's array and gets its own back. A result of
 * another type or size is laid over the image; labels are, half transparent.
 */
final class Preview {
  /** Who is told how the preview fares. */
  interface Listener {
    void state(boolean running, String problem);
  }

  private final Session session;
  private final Schema schema;
  private final ImagePlus image;
  private final long n;
  private final Source source;
  private final Listener listener;
  private final Display display;
  private final Thread thread = new Thread(this::work, "Sheaf preview");

  // guarded by this
  private Map<String, String> wanted; // null = no preview
  private long generation; // of the wish
  private long shown;
  private Run current;
  private boolean closed;

  Preview(Session session, Schema schema, ImageClient client, Listener listener) {
    this.session = session;
    this.schema = schema;
    this.listener = listener;
    image = client.inputs.get(0).image();
    n = image.getCurrentSlice() - 1L;
    source = new Source(client);
    display = new Display(image);
    thread.setDaemon(true);
    thread.start();
  }

  synchronized void show(Map<String, String> params) {
    if (params.equals(wanted))
      return;
    wish(params);
  }

  synchronized void hide() {
    if (wanted == null)
      return;
    wish(null);
    display.restore();
  }

  private void wish(Map<String, String> params) {
    wanted = params;
    generation++;
    if (current != null)
      current.cancel();
    notifyAll();
  }

  /** Ends the preview; the image is as it was. */
  void close() {
    synchronized (this) {
      closed = true;
      wish(null);
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    display.restore();
  }

  private void work() {
    while (true) {
      Map<String, String> params;
      long wish;
      synchronized (this) {
        while (!closed && (wanted == null || shown == generation)) {
          try {
            wait();
          } catch (InterruptedException e) {
            return;
          }
        }
        if (closed)
          return;
        params = wanted;
        wish = generation;
      }
      listener.state(true, null);
      String problem = compute(params, wish);
      listener.state(false, problem);
    }
  }

  private String compute(Map<String, String> params, long wish) {
    String problem = null;
    try (Run run = new Run(session, schema.id, Json.write(params), source.inputs.size(), source)) {
      synchronized (this) {
        if (wish != generation)
          return null;
        current = run;
      }
      source.forget();
      run.preview(n);
    } catch (SheafException.Cancelled e) {
      // a newer wish is waiting
    } catch (SheafException e) {
      problem = e.getMessage();
    } finally {
      synchronized (this) {
        current = null;
        if (wish == generation) {
          shown = wish;
          if (problem == null && source.pixels != null)
            display.show(source.info, source.pixels, schema.outputs.get(0).ownDisplay);
        }
      }
    }
    return problem;
  }

  /** Keeps the first output of the run. */
  private static final class Source extends ImageClient {
    private Info info;
    private Object pixels;

    Source(ImageClient client) {
      super(client.schema, Collections.emptyList());
      inputs.addAll(client.inputs);
    }

    void forget() {
      info = null;
      pixels = null;
    }

    @Override
    boolean wanted(String name) {
      return !schema.outputs.isEmpty() && schema.outputs.get(0).name.equals(name);
    }

    @Override
    void outputBegin(int output, String name, Info announced) {
      if (output == 0)
        info = announced;
    }

    @Override
    void writeSlice(int output, long n, Object result, int largest) {
      if (output == 0)
        pixels = result;
    }
  }

  /** The image while a preview is on it. */
  private static final class Display {
    private static final double LABEL_OPACITY = 0.5;

    private final ImagePlus image;
    private ImageProcessor lent; // whose pixels are the preview's
    private Object own;
    private boolean rangeIsLent;
    private double ownMin; // of the display range
    private double ownMax;
    private boolean covered;
    private Overlay overlay;

    Display(ImagePlus image) {
      this.image = image;
    }

    void show(Info info, Object pixels, boolean ownRange) {
      ImageProcessor shownByImage = image.isComposite() && ((CompositeImage) image).getMode() == IJ.COMPOSITE
          ? image.getChannelProcessor()
          : image.getProcessor();
      boolean fits = info.pixel != Abi.LABEL && info.width == image.getWidth() && info.height == image.getHeight()
          && shownByImage.getPixels().getClass() == pixels.getClass();
      if (fits) {
        uncover();
        if (lent == null) {
          lent = shownByImage;
          own = shownByImage.getPixels();
          ownMin = lent.getMin();
          ownMax = lent.getMax();
        }
        lent.setPixels(pixels);
        if (ownRange && info.pixel != Abi.RGB) {
          ImageProcessor ip = ImageOutput.gray(info, pixels);
          if (ip.getMin() <= ip.getMax()) { // some value is finite
            showRange(ip.getMin(), ip.getMax());
            rangeIsLent = true;
          }
        }
        redraw();
      } else {
        if (giveBack())
          redraw();
        if (!covered)
          overlay = image.getOverlay();
        covered = true;
        image.setOverlay(new Overlay(cover(info, pixels)));
      }
    }

    private static ImageRoi cover(Info info, Object pixels) {
      if (info.pixel == Abi.LABEL) {
        int[] colours = new int[info.width * info.height];
        for (int i = 0; i < colours.length; i++) {
          colours[i] = LabelColours.overlay(
              pixels instanceof short[] ? ((short[]) pixels)[i] & 0xffff : (int) ((float[]) pixels)[i]);
        }
        ImageRoi roi = new ImageRoi(0, 0, new ColorProcessor(info.width, info.height, colours));
        roi.setZeroTransparent(true);
        roi.setOpacity(LABEL_OPACITY);
        return roi;
      }
      return new ImageRoi(0, 0, coloured(info, pixels));
    }

    private static ImageProcessor coloured(Info info, Object pixels) {
      if (pixels instanceof int[])
        return new ColorProcessor(info.width, info.height, (int[]) pixels);
      return ImageOutput.gray(info, pixels).convertToRGB();
    }

    void restore() {
      if (giveBack())
        redraw();
      uncover();
    }

    private boolean giveBack() {
      if (lent == null)
        return false;
      lent.setPixels(own);
      if (rangeIsLent)
        showRange(ownMin, ownMax);
      rangeIsLent = false;
      lent = null;
      own = null;
      return true;
    }

    private void showRange(double min, double max) {
      lent.setMinAndMax(min, max);
      image.setDisplayRange(min, max); // the channel's, too, if it has one
    }

    private void uncover() {
      if (!covered)
        return;
      image.setOverlay(overlay);
      covered = false;
      overlay = null;
    }

    /** updateAndDraw would put the image's own pixels back. */
    private void redraw() {
      if (image.isComposite()) {
        image.updateAndDraw();
        return;
      }
      ImageCanvas canvas = image.getCanvas();
      if (canvas != null)
        canvas.setImageUpdated();
      image.draw();
    }
  }
}
