package sheaf;

import ij.ImagePlus;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One operation on open images, from locking them to finished results; a run that fails or is stopped leaves nothing
 * behind. Uses no windows.
 */
final class Job extends ImageClient implements ImageEvents.Watcher {
  private static final String[] IMAGE_EXTENSIONS = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".zip",
      ".dcm", ".fits", ".pgm", ".avi", ".raw", ".lsm", ".nd2", ".czi", ".lif", ".stk"};

  private final Session session;
  private final Request request;
  private final List<ImagePlus> images;
  private final Monitor monitor;
  private final DiskPolicy disk;
  private final Map<Integer, ImageOutput> outputs = new LinkedHashMap<>();
  private final Result result = new Result();
  private volatile ImagePlus closed;

  /** Which results go to a file instead of into memory. */
  static final class DiskPolicy {
    private final long limitBytes;
    private final File folder;

    /** @param folder where results of more than `limitBytes` go */
    DiskPolicy(long limitBytes, File folder) {
      this.limitBytes = limitBytes;
      this.folder = folder;
    }

    @Override
    public String toString() {
      return "beyond " + (limitBytes >> 20) + " MB, in " + folder;
    }

    static final DiskPolicy NEVER = new DiskPolicy(Long.MAX_VALUE, null);
  }

  /** @throws SheafException if an image or its selection cannot be used */
  Job(Session session, Schema schema, List<ImagePlus> images, Request request, DiskPolicy disk, Monitor monitor) {
    super(schema, images);
    this.session = session;
    this.request = request;
    this.images = images;
    this.disk = disk;
    this.monitor = monitor;
  }

  /** The title without the extension of an image file: what results are named after. */
  static String baseTitle(ImagePlus image) {
    String title = image.getTitle();
    for (String extension : IMAGE_EXTENSIONS) {
      int end = title.length() - extension.length();
      if (end > 0 && title.toLowerCase(Locale.ROOT).endsWith(extension))
        return title.substring(0, end);
    }
    return title;
  }

  private String baseTitle() {
    return images.isEmpty() ? schema.title : baseTitle(images.get(0));
  }

  /** @throws SheafException if another command is working on the image */
  static void lock(ImagePlus image) {
    if (!image.lockSilently()) {
      throw SheafException.invalid(
          image.getTitle() + " is in use: another command is working on it; wait until it has finished");
    }
  }

  /** Runs on the calling thread until all is done; an interrupt of that thread stops it. */
  Result run() {
    List<ImagePlus> locked = new ArrayList<>();
    ImageEvents.watch(this);
    boolean done = false;
    try {
      for (ImagePlus image : images) {
        lock(image);
        locked.add(image);
      }
      for (int i = 0; i < inputs.size(); i++) {
        ImageInput input = inputs.get(i);
        if (!schema.inputs.get(i).roi && input.image().getRoi() != null) {
          log(Abi.LOG_WARNING,
              input.image().getTitle() + ": the selection is not used, " + schema.name() + " takes the whole images");
        }
        if (input.isConverted()) {
          log(Abi.LOG_WARNING,
              input.image().getTitle() + ": its palette is no order of intensities; the image is read as RGB");
        }
      }
      try (Run run = new Run(session, schema.id, Json.write(request.params), images.size(), this)) {
        Watch watch = new Watch(run);
        Watchman.begin(watch);
        try {
          run.execute();
        } finally {
          Watchman.end(watch);
        }
        result.params(run.params());
      }
      for (ImageOutput output : outputs.values()) {
        result.put(output.spec.name, output.finish(baseTitle() + output.spec.suffix));
        if (output.isWide())
          log(Abi.LOG_WARNING,
              "labels above 65535 need a 32-bit image; ImageJ's tools for label images may want 16 bits");
      }
      done = true;
      return result;
    } catch (SheafException.Cancelled e) {
      if (closed != null)
        throw new SheafException(Abi.FAILED,
            closed.getTitle() + " was closed while " + schema.name() + " worked on it; the run was stopped");
      throw e;
    } finally {
      ImageEvents.forget(this);
      outputs.values().forEach(ImageOutput::endOfRun);
      for (ImagePlus image : locked) image.unlock();
      if (!done)
        outputs.values().forEach(ImageOutput::discard);
    }
  }

  /** Called on any thread. */
  @Override
  public void imageClosed(ImagePlus image) {
    if (images.contains(image))
      closed = image;
  }

  /** Stops the run when somebody wants it to stop. */
  private final class Watch implements Watchman.Duty {
    private final Run run;
    private final Thread owner = Thread.currentThread();

    Watch(Run run) {
      this.run = run;
    }

    @Override
    public void look() {
      if (closed != null || owner.isInterrupted() || monitor.stopRequested())
        run.cancel();
    }
  }

  // ---- results ------------------------------------------------------------------------

  @Override
  boolean wanted(String name) {
    return request.wants(name, schema);
  }

  @Override
  void outputBegin(int index, String name, Info info) {
    Schema.Output spec = schema.outputs.get(index);
    ImageInput like = inputs.isEmpty() ? null : inputs.get(Math.min(spec.like, inputs.size() - 1));
    double bytes = (double) info.slices * info.width * info.height
        * (info.pixel == Abi.RGB ? 4 : DiskOutput.bytesPerPixel(info.pixel));
    outputs.put(index,
        bytes > disk.limitBytes ? new DiskOutput(spec, info, like, disk.folder, baseTitle() + spec.suffix)
                                : new ImageOutput(spec, info, like));
  }

  @Override
  Object blank(int output, int pixel, int length) {
    return outputs.get(output).blank();
  }

  @Override
  void writeSlice(int output, long n, Object pixels, int largest) {
    outputs.get(output).write(n, pixels, largest);
  }

  @Override
  void column(String table, String column, double[] numbers, String[] texts) {
    Schema.Table declared = schema.table(table);
    String title = declared == null ? table + " of %s" : declared.title;
    result.table(table, title.replace("%s", baseTitle()))
        .put(column, numbers != null ? numbers : texts, numbers != null ? numbers.length : texts.length);
  }

  @Override
  void roi(int kind, long slice, float[] xy, int[] ringEnds, int label, double score, String name) {
    result.add(new Region(kind, slice, xy, ringEnds, label, score, name));
  }

  @Override
  void json(String kind, String json) {
    if (!kind.equals("plot"))
      return; // a kind of a newer core
    Map<String, Object> plot;
    try {
      plot = Json.object(json);
    } catch (IllegalArgumentException e) {
      throw new SheafException(Abi.INTERNAL, "plot: the operation gave no valid JSON (" + e.getMessage() + ")");
    }
    // the schema's title may name the image; the operation does not know it
    String title = schema.plotTitles.get(String.valueOf(plot.get("name")));
    if (title != null && !title.isEmpty())
      plot.put("title", title);
    plot.computeIfPresent("title", (key, text) -> text.toString().replace("%s", baseTitle()));
    result.putPlot(plot);
  }

  @Override
  void progress(double fraction, String text) {
    monitor.progress(fraction, text);
  }

  @Override
  void log(int level, String message) {
    result.log(message);
    monitor.log(level, message);
  }
}
