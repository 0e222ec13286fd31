package sheaf;

import ij.IJ;
import ij.Menus;
import ij.Prefs;
import ij.plugin.PlugIn;
import java.awt.GraphicsEnvironment;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The command "Sheaf Refresh": looks for plugin libraries again and puts their commands into the menu, now and at the
 * next starts. ImageJ builds its menu from the plugins.config files of jars; for libraries of others this writes such a
 * jar, plugins/Sheaf/Sheaf_User.jar. A line in macros/RunAtStartup.ijm compares the plugin folders with what they were,
 * without loading anything, and refreshes if they have changed.
 */
public final class Refresh implements PlugIn {
  private static final String FOLDERS = "sheaf.refresh.folders";
  private static final String FINGERPRINT = "sheaf.refresh.fingerprint";
  private static final String STARTUP_ADDED = "sheaf.refresh.startup";
  private static final String STARTUP_CALL = "call(\"sheaf.Refresh.atStart\")";
  // does nothing once Sheaf is removed
  private static final String STARTUP_LINE = "List.setCommands; if (List.get(\"Sheaf Refresh\")!=\"\") " + STARTUP_CALL
      + "; List.clear; // Sheaf: new plugin libraries appear in the menu\n";
  private static final Pattern ENTRY = Pattern.compile("\"([^\"]+)\"\\s*,\\s*sheaf\\.Command\\(\"([^\"]+)\"\\)");

  @Override
  public void run(String arg) {
    try {
      Session session = Sheaf.session();
      session.load(null);
      for (File folder : Sheaf.pluginFolders()) {
        if (folder.isDirectory())
          session.load(folder.getPath());
      }
      PluginLibraries.remember(session);
      Changes changes = update(session);
      report(session);
      if (changes.problem != null)
        IJ.log("Sheaf: " + changes.problem);
      int count = session.operations().size();
      IJ.showStatus("Sheaf: " + count + " operations"
          + (changes.added.isEmpty() ? ", nothing new" : ", new: " + String.join(", ", changes.added)));
    } catch (SheafException e) {
      Messages.error("Sheaf Refresh", e.getMessage());
    }
  }

  /** What an update did. */
  static final class Changes {
    final List<String> added = new ArrayList<>();
    String problem; // why the next start will not know it, or null
  }

  /** Called by RunAtStartup.ijm. Never fails: an ImageJ that starts must not be disturbed. */
  public static String atStart() {
    StartupMacro.watchOverOthers();
    try {
      if (!fingerprint(folders(Prefs.get(FOLDERS, ""))).equals(Prefs.get(FINGERPRINT, ""))) {
        Session session = Sheaf.session();
        update(session);
        report(session);
      }
      return "";
    } catch (SheafException e) {
      return e.getMessage(); // the commands will explain themselves when they are used
    }
  }

  /** After the first command of this session that worked: new libraries get their menu entries without being asked. */
  static void afterFirstUse(Session session) {
    try {
      if (!fingerprint(folders(Prefs.get(FOLDERS, ""))).equals(Prefs.get(FINGERPRINT, "")))
        update(session);
      addStartupLine(IJ.getDirectory("macros"));
    } catch (SheafException e) {
      if (IJ.debugMode)
        IJ.log("Sheaf: " + e.getMessage());
    }
  }

  /** What a user must know about the libraries: which are no good, and which are not those in use. */
  private static void report(Session session) {
    for (String line : PluginLibraries.refused(session)) IJ.log("Sheaf: " + line);
    for (String line : PluginLibraries.outdated(session)) IJ.log("Sheaf: " + line);
  }

  /** Brings menu, user jar and fingerprint into line with the operations of the session. */
  static Changes update(Session session) {
    Changes changes = new Changes();
    Map<String, String> builtIn = entries(Refresh.class.getResourceAsStream("plugins.config"));
    List<String> config = new ArrayList<>();
    Set<String> gone = PluginLibraries.operationsOfMissing(session);
    for (String id : session.operations()) {
      if (builtIn.containsValue(id) || gone.contains(id))
        continue;
      Schema schema = new Schema(session.schema(id));
      String menu = "Plugins>Sheaf" + (schema.menu.isEmpty() ? "" : ">" + schema.menu);
      config.add(menu + ", \"" + schema.command() + "\", sheaf.Command(\"" + id + "\")");
      if (addToMenu(menu, schema.command(), id))
        changes.added.add(schema.command());
    }
    try {
      writeJar(IJ.getDirectory("plugins"), config);
    } catch (IOException e) {
      changes.problem = "the menu of the next start will lack new commands: " + Messages.reason(e);
    }
    Set<String> folders = new LinkedHashSet<>();
    Object known = Json.object(session.state()).get("folders");
    for (Object folder : (List<?>) known) folders.add(folder.toString());
    for (File folder : Sheaf.pluginFolders()) folders.add(folder.getPath());
    Prefs.set(FOLDERS, String.join(File.pathSeparator, folders));
    Prefs.set(FINGERPRINT, fingerprint(new ArrayList<>(folders)));
    return changes;
  }

  /** Whether the command is new in the menu. */
  private static boolean addToMenu(String menu, String command, String id) {
    if (GraphicsEnvironment.isHeadless() || IJ.getInstance() == null)
      return false;
    if (Menus.getCommands().get(command) != null)
      return false;
    Menus.add(menu + ">" + command, "sheaf.Command(\"" + id + "\")");
    return true;
  }

  /** Commands and their operations. */
  static Map<String, String> entries(InputStream config) {
    Map<String, String> entries = new LinkedHashMap<>();
    if (config == null)
      return entries;
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(config, StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null;) {
        Matcher entry = ENTRY.matcher(line);
        if (entry.find())
          entries.put(entry.group(1), entry.group(2));
      }
    } catch (IOException e) {
      throw SheafException.io("the jar's plugins.config could not be read: " + e.getMessage(), e);
    }
    return entries;
  }

  /** A jar with nothing but a menu; none if there is nothing to add. */
  static void writeJar(String plugins, List<String> config) throws IOException {
    if (plugins == null)
      return;
    Path folder = new File(plugins, "Sheaf").toPath();
    Path jar = folder.resolve("Sheaf_User.jar");
    if (config.isEmpty()) {
      Files.deleteIfExists(jar);
      return;
    }
    Files.createDirectories(folder);
    // readable for everybody who may read the folder, unlike a temporary file
    Path temporary = folder.resolve("Sheaf_User-" + UUID.randomUUID() + ".tmp");
    try {
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(temporary))) {
        out.putNextEntry(new JarEntry("plugins.config"));
        out.write(("# written by Sheaf Refresh\n" + String.join("\n", config) + "\n").getBytes(StandardCharsets.UTF_8));
      }
      Files.move(temporary, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  // ---- the check at start --------------------------------------------------------------

  private static List<String> folders(String joined) {
    return joined.isEmpty() ? new ArrayList<>() : Arrays.asList(joined.split(Pattern.quote(File.pathSeparator)));
  }

  /** Names, sizes and times of everything in the folders. */
  static String fingerprint(List<String> folders) {
    StringBuilder text = new StringBuilder();
    for (String folder : folders) {
      File[] files = new File(folder).listFiles();
      if (files == null)
        continue;
      Arrays.sort(files);
      for (File file : files) {
        // our own jar is written by the very update that follows from a change
        if (!file.getName().endsWith(".jar"))
          text.append(file).append(' ').append(file.length()).append(' ').append(file.lastModified()).append('\n');
      }
    }
    return Integer.toHexString(text.toString().hashCode()) + "-" + text.length();
  }

  /** Adds the line once; a user who takes it out again keeps it out. */
  static void addStartupLine(String macros) {
    if (macros == null || Prefs.get(STARTUP_ADDED, false))
      return;
    Path file = new File(macros, "RunAtStartup.ijm").toPath();
    try {
      String text = Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
      if (!text.contains(STARTUP_CALL)) {
        String separator = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
        Files.write(file, (text + separator + STARTUP_LINE).getBytes(StandardCharsets.UTF_8));
      }
      Prefs.set(STARTUP_ADDED, true);
    } catch (IOException e) {
      throw SheafException.io("RunAtStartup.ijm could not be written: " + Messages.reason(e), e);
    }
  }
}
