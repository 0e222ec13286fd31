package sheaf;

import ij.IJ;
import ij.ImageJ;
import ij.Prefs;
import ij.WindowManager;
import ij.measure.ResultsTable;
import ij.plugin.PlugIn;
import java.awt.GraphicsEnvironment;
import java.awt.Window;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command "Sheaf System Check": all that a question about a failing installation needs to be answered. */
public final class SystemCheck implements PlugIn {
  static final String TITLE = "Sheaf System Check";
  private static final int WIDTH = 900;
  private static final int HEIGHT = 480;

  @Override
  public void run(String arg) {
    if (arg.equals("about")) {
      about();
      return;
    }
    ResultsTable table = new ResultsTable();
    for (String[] row : rows()) {
      table.addRow();
      table.addValue("Item", row[0]);
      table.addValue("Value", row[1]);
      if (GraphicsEnvironment.isHeadless())
        IJ.log(row[0] + ": " + row[1]);
    }
    table.showRowNumbers(false);
    table.show(TITLE);
    Window window = WindowManager.getWindow(TITLE);
    if (window != null && window.getWidth() < WIDTH)
      window.setSize(WIDTH, HEIGHT); // paths and reasons are long
  }

  private static void about() {
    IJ.showMessage("About Sheaf",
        "Sheaf " + version() + ": equalizes, aligns, segments and clusters the images of a stack.\n"
            + "The commands are in Plugins>Sheaf, each with a Help button;\n"
            + "\"Sheaf System Check\" tells how it is installed.\n"
            + "BSD-3-Clause; the licences of what it contains are in the folder licenses/sheaf.");
  }

  static List<String[]> rows() {
    List<String[]> rows = new ArrayList<>();
    add(rows, "Sheaf", version());
    add(rows, "platform",
        LibraryFile.platform() + " (" + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
            + System.getProperty("os.arch") + ")");
    add(rows, "Java",
        System.getProperty("java.version") + ", " + System.getProperty("java.vm.name") + ", up to "
            + (Runtime.getRuntime().maxMemory() >> 20) + " MB");
    add(rows, "ImageJ", ImageJ.VERSION + ImageJ.BUILD + " in " + IJ.getDirectory("imagej"));
    Session session = null;
    try {
      session = Sheaf.session();
    } catch (SheafException e) {
      add(rows, "native library", "not loaded; the commands cannot work");
    }
    for (NativeLoader.Attempt a : NativeLoader.attempts())
      add(rows, a.loaded ? "native library" : "  tried", a.place + ": " + a.outcome);
    if (session != null)
      addSession(rows, session);
    Job.DiskPolicy disk = Settings.disk(null);
    add(rows, "results on disk", disk.toString());
    return rows;
  }

  private static void addSession(List<String[]> rows, Session session) {
    Map<String, Object> state = Json.object(session.state());
    add(rows, "native core", state.get("version"));
    add(rows, "threads",
        Schema.numberText((Double) state.get("threads")) + " (Edit>Options>Memory & Threads: " + Prefs.getThreads()
            + ")");
    add(rows, "memory budget",
        megabytes(state.get("memory_budget")) + ", of it " + megabytes(state.get("cache_budget"))
            + " for images read again");
    add(rows, "memory in use",
        megabytes(state.get("memory_used")) + ", at most " + megabytes(state.get("memory_peak")));
    for (Object folder : (List<?>) state.get("folders")) {
      add(rows, "plugin folder", folder + (new File(folder.toString()).isDirectory() ? "" : " (not there)"));
    }
    for (Object entry : (List<?>) Json.parse(session.plugins())) {
      Map<?, ?> p = (Map<?, ?>) entry;
      if (Boolean.TRUE.equals(p.get("loaded"))) {
        add(rows, "plugin",
            p.get("id") + " " + p.get("version") + ": " + join((List<?>) p.get("operations")) + " (" + p.get("path")
                + ")");
      } else if (new File(String.valueOf(p.get("path"))).exists()) {
        add(rows, "plugin refused", p.get("path") + ": " + p.get("reason"));
      }
      for (Object note : (List<?>) p.get("notes")) add(rows, "  note", note);
    }
    for (String line : PluginLibraries.outdated(session)) add(rows, "  note", line);
  }

  /** The version of this jar, or "unpacked classes". */
  static String version() {
    String version = SystemCheck.class.getPackage().getImplementationVersion();
    return version == null ? "unpacked classes" : version;
  }

  private static String join(List<?> names) {
    StringBuilder text = new StringBuilder();
    for (Object name : names) text.append(text.length() > 0 ? ", " : "").append(name);
    return text.toString();
  }

  private static String megabytes(Object bytes) {
    return Math.round((Double) bytes / 1e6) + " MB";
  }

  private static void add(List<String[]> rows, String item, Object value) {
    rows.add(new String[] {item, String.valueOf(value)});
  }
}
