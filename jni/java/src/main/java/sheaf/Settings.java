package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.Prefs;
import ij.gui.GenericDialog;
import ij.io.FileInfo;
import ij.plugin.PlugIn;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;

/** The command "Sheaf Settings...", and what it sets. Threads are ImageJ's own: Edit>Options>Memory & Threads. */
public final class Settings implements PlugIn {
  private static final String MEMORY = "sheaf.settings.memory";
  private static final String LIMIT = "sheaf.settings.limit";
  private static final String FOLDER = "sheaf.settings.folder";
  private static final int MB = 1 << 20;

  @Override
  public void run(String arg) {
    try {
      String options = Macro.getOptions();
      Map<String, String> values = new LinkedHashMap<>();
      values.put("memory", Schema.numberText(Prefs.get(MEMORY, 0)));
      values.put("limit", Schema.numberText(Prefs.get(LIMIT, 0)));
      values.put("folder", Prefs.get(FOLDER, ""));
      if (options != null) {
        Map<String, String> given = Options.parse(options, Options.macroVariables());
        for (String key : given.keySet()) {
          if (!values.containsKey(key))
            throw SheafException.invalid(key + ": unknown setting; there are memory, limit and folder");
        }
        values.putAll(given);
      } else if (!ask(values)) {
        Recording.drop();
        return;
      }
      double memory = number(values, "memory");
      double limit = number(values, "limit");
      String folder = values.get("folder").trim();
      if (!folder.isEmpty() && !new File(folder).isDirectory())
        throw SheafException.invalid("folder: there is no folder \"" + folder + "\"");
      Prefs.set(MEMORY, memory);
      Prefs.set(LIMIT, limit);
      Prefs.set(FOLDER, folder);
      if (options == null)
        Recording.write("Sheaf Settings...", values, null);
    } catch (SheafException e) {
      IJ.error("Sheaf Settings", e.getMessage());
    }
  }

  private static double number(Map<String, String> values, String key) {
    try {
      double value = Double.parseDouble(values.get(key).trim());
      if (value >= 0 && value < 1e9)
        return value;
    } catch (NumberFormatException e) {
      // reported below
    }
    throw SheafException.invalid(key + ": \"" + values.get(key) + "\" given, needs a number of MB, 0 or more");
  }

  private static boolean ask(Map<String, String> values) {
    GenericDialog gd = new GenericDialog("Sheaf Settings");
    gd.addStringField("Memory budget (MB):", values.get("memory"), 10);
    gd.addStringField("Limit for results in memory (MB):", values.get("limit"), 10);
    gd.addDirectoryField("Folder for larger results:", values.get("folder"), 30);
    gd.addMessage("Memory: for images outside Java's memory; 0 = half of the computer's.\n"
        + "Limit: a larger result becomes a virtual stack on disk; 0 = half of ImageJ's memory.\n"
        + "Folder: empty = beside the file of the input image, else the home folder.\n"
        + "Threads: " + Prefs.getThreads() + ", set in Edit>Options>Memory & Threads.");
    gd.showDialog();
    if (gd.wasCanceled())
      return false;
    int i = 0;
    for (Map.Entry<String, String> e : values.entrySet()) {
      e.setValue(((java.awt.TextField) gd.getStringFields().get(i++)).getText());
    }
    return true;
  }

  /** Budget of native memory, 0 = the core's default. */
  static long memoryBytes() {
    return (long) (Prefs.get(MEMORY, 0) * MB);
  }

  /** Where results go that are too large for memory. */
  static Job.DiskPolicy disk(ImagePlus input) {
    double limit = Prefs.get(LIMIT, 0) * MB;
    return new Job.DiskPolicy(limit > 0 ? (long) limit : Runtime.getRuntime().maxMemory() / 2, folder(input));
  }

  private static File folder(ImagePlus input) {
    String chosen = Prefs.get(FOLDER, "");
    if (!chosen.isEmpty())
      return new File(chosen);
    FileInfo fi = input == null ? null : input.getOriginalFileInfo();
    if (fi != null && fi.directory != null && !fi.directory.isEmpty()) {
      File beside = new File(fi.directory);
      if (beside.isDirectory() && beside.canWrite())
        return beside;
    }
    return new File(System.getProperty("user.home"));
  }
}
