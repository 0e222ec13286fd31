package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import java.io.File;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sheaf for scripts and programs. Needs no window and works in a headless Java with nothing but ij.jar; what comes out
 * is plain data and images that are shown nowhere.
 *
 * <pre>
 *   Result result = Sheaf.run(imp, "align.register", "model=rigid reference=mean");
 *   result.image().show();
 *   double[] scores = result.tables().get("alignment").numbers("score_after");
 * </pre>
 */
public final class Sheaf {
  private static final String SESSION = "sheaf.session";
  private static Session shared;
  private static int threads;
  private static long memory;

  private Sheaf() {}

  /**
   * Runs an operation on an image, a stack or a hyperstack, on the calling thread; an interrupt of that thread stops
   * it.
   *
   * @param options as in a macro's run(): key=value pairs, absent ones have their defaults
   * @throws SheafException if the input is refused or the run fails, with one sentence that says why
   */
  public static Result run(ImagePlus image, String operation, String options) {
    return run(
        session(), Collections.singletonList(image), operation, Options.parse(options, Options.macroVariables()), null);
  }

  /** As above, with the options as keys and values; a value's toString is what a macro would write. */
  public static Result run(ImagePlus image, String operation, Map<String, ?> options) {
    return run(session(), Collections.singletonList(image), operation, options, null);
  }

  /**
   * As above, in a session of one's own, for any number of inputs; those after the first may also be named in the
   * options, by the titles of open images.
   *
   * @param folder where resulting images are written as TIFF files and opened as virtual stacks; null = kept in memory
   */
  public static Result run(
      Session session, List<ImagePlus> images, String operation, Map<String, ?> options, File folder) {
    Schema schema = schema(session, operation);
    Map<String, String> texts = new LinkedHashMap<>();
    options.forEach((key, value) -> texts.put(key, String.valueOf(value)));
    Job.DiskPolicy disk = folder == null ? Job.DiskPolicy.NEVER : new Job.DiskPolicy(-1, folder);
    Request request = Request.of(texts, schema);
    List<ImagePlus> all = images.size() == 1 && !request.inputs.isEmpty()
        ? OtherInputs.images(schema, images.get(0), request.inputs)
        : images;
    return new Job(session, schema, all, request, disk, new EscMonitor()).run();
  }

  /** A script that runs in ImageJ is stopped by Esc, as a command is. */
  private static final class EscMonitor extends Monitor {
    EscMonitor() {
      if (IJ.getInstance() != null)
        IJ.resetEscape();
    }

    @Override
    boolean stopRequested() {
      return IJ.getInstance() != null && Escape.pressed();
    }
  }

  /** Ids of the operations that the shared session knows. */
  public static List<String> operations() {
    return session().operations();
  }

  /** Version of the native core, "1.0.0". */
  public static String version() {
    return Session.coreVersion();
  }

  /**
   * The session that all commands of this ImageJ share; its threads and memory follow ImageJ's and Sheaf's settings.
   *
   * @throws SheafException if the native library cannot be loaded
   */
  public static synchronized Session session() {
    int wantedThreads = Prefs.getThreads();
    long wantedMemory = Settings.memoryBytes();
    if (shared == null) {
      closeForerunner();
      shared = new Session(wantedThreads, wantedMemory);
      IJ.setProperty(SESSION, shared);
      for (File folder : pluginFolders()) {
        if (folder.isDirectory())
          shared.load(folder.getPath());
      }
      PluginLibraries.remember(shared);
    } else if (threads != wantedThreads || memory != wantedMemory) {
      shared.configure(wantedThreads, wantedMemory);
    }
    threads = wantedThreads;
    memory = wantedMemory;
    return shared;
  }

  /** Folders of plugins that only ImageJ knows of; the core has its own besides. */
  static List<File> pluginFolders() {
    List<File> folders = new java.util.ArrayList<>();
    File platform = NativeLoader.platformFolder();
    if (platform != null)
      folders.add(new File(platform, "sheaf-plugins"));
    String plugins = IJ.getDirectory("plugins");
    if (plugins != null)
      folders.add(new File(plugins, "Sheaf"));
    return folders;
  }

  /** "Refresh Menus" loads all classes anew; the threads of the session before would live on without use. */
  private static void closeForerunner() {
    Object before = IJ.getProperty(SESSION);
    if (before instanceof AutoCloseable) {
      try {
        ((AutoCloseable) before).close();
      } catch (Exception e) {
        IJ.log("Sheaf: a command that began before the menus were refreshed is still running");
      }
    }
  }

  /** @throws SheafException if no loaded plugin brings the operation */
  static Schema schema(Session session, String operation) {
    String json = session.schema(operation);
    if (json == null)
      throw SheafException.invalid(
          "operation: \"" + operation + "\" is unknown; known: " + String.join(", ", session.operations()));
    return new Schema(json);
  }
}
