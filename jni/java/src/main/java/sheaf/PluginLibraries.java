package sheaf;

import ij.IJ;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The plugin libraries of a session and their files. A library stays in the process once it is loaded, whatever becomes
 * of its file, so the state of the file at that time is kept to tell a user who replaces it.
 */
final class PluginLibraries {
  private static final String LOADED = "sheaf.libraries";

  private PluginLibraries() {}

  /** Keeps the state of the files of libraries that are new; to be called right after loading. */
  static void remember(Session session) {
    for (Map<?, ?> library : libraries(session)) {
      if (isLoaded(library))
        loaded().putIfAbsent(path(library), state(path(library)));
    }
  }

  /** One line for each library that was not accepted and is still there. */
  static List<String> refused(Session session) {
    List<String> lines = new ArrayList<>();
    for (Map<?, ?> library : libraries(session)) {
      if (!isLoaded(library) && new File(path(library)).exists())
        lines.add(path(library) + " was refused: " + library.get("reason"));
    }
    return lines;
  }

  /** One line for each library in use whose file is another one now, or gone. */
  static List<String> outdated(Session session) {
    List<String> lines = new ArrayList<>();
    for (Map<?, ?> library : libraries(session)) {
      String path = path(library);
      if (!isLoaded(library))
        continue;
      if (!new File(path).exists())
        lines.add(path + " has gone; its commands work until ImageJ is restarted");
      else if (!state(path).equals(loaded().getOrDefault(path, state(path))))
        lines.add(path + " has changed; restart ImageJ to use the new one");
    }
    return lines;
  }

  /** Operations that the next start will not have. */
  static Set<String> operationsOfMissing(Session session) {
    Set<String> ids = new LinkedHashSet<>();
    for (Map<?, ?> library : libraries(session)) {
      if (!new File(path(library)).exists()) {
        for (Object id : (List<?>) library.get("operations")) ids.add(String.valueOf(id));
      }
    }
    return ids;
  }

  private static List<Map<?, ?>> libraries(Session session) {
    List<Map<?, ?>> libraries = new ArrayList<>();
    for (Object entry : (List<?>) Json.parse(session.plugins())) libraries.add((Map<?, ?>) entry);
    return libraries;
  }

  private static boolean isLoaded(Map<?, ?> library) {
    return Boolean.TRUE.equals(library.get("loaded"));
  }

  private static String path(Map<?, ?> library) {
    return String.valueOf(library.get("path"));
  }

  private static String state(String path) {
    File file = new File(path);
    return file.length() + " " + file.lastModified();
  }

  /** Path and state; survives "Refresh Menus", as the libraries do. */
  @SuppressWarnings("unchecked") // nobody else has this key
  private static Map<String, String> loaded() {
    synchronized (IJ.class) {
      Object known = IJ.getProperty(LOADED);
      if (known == null)
        IJ.setProperty(LOADED, known = new ConcurrentHashMap<String, String>());
      return (Map<String, String>) known;
    }
  }
}
