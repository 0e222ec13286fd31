package sheaf;

import ij.IJ;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds and loads the native bridge, on first use and never while ImageJ builds its menus. Tried in this order: the
 * folder named by -Dsheaf.library.dir, lib/&lt;platform&gt; of the ImageJ folder, lib/&lt;platform&gt; beside the
 * folder of Sheaf's jar, the folders of java.library.path, and a copy of what the jar itself carries. Every attempt is
 * kept with what the system said about it.
 */
final class NativeLoader {
  /** One place where the library was looked for. */
  static final class Attempt {
    final String place;
    final String outcome;
    final boolean loaded;

    Attempt(String place, String outcome, boolean loaded) {
      this.place = place;
      this.outcome = outcome;
      this.loaded = loaded;
    }
  }

  private static final String LIBRARY = System.mapLibraryName("sheaf_jni");
  private static final List<Attempt> attempts = new ArrayList<>();
  private static boolean loaded;

  private NativeLoader() {}

  /**
   * Loads the library unless it is there already. After a failure the next call tries again, so that a repaired
   * installation works without a restart.
   *
   * @throws SheafException naming every attempt
   */
  static synchronized void load() {
    if (loaded)
      return;
    attempts.clear();
    for (File folder : folders()) {
      if (attempt(new File(folder, LIBRARY)))
        return;
    }
    if (attemptExtracted())
      return;
    StringBuilder text = new StringBuilder("Sheaf's native library could not be loaded.");
    for (Attempt a : attempts) text.append("\n  ").append(a.place).append(": ").append(a.outcome);
    throw new SheafException(Abi.IO, text.toString());
  }

  /** What was tried by the last {@link #load}. */
  static synchronized List<Attempt> attempts() {
    return Collections.unmodifiableList(new ArrayList<>(attempts));
  }

  /** lib/&lt;platform&gt; of the ImageJ folder, or null if that is unknown. */
  static File platformFolder() {
    String ij = IJ.getDirectory("imagej");
    return ij == null ? null : new File(ij, "lib" + File.separator + LibraryFile.platform());
  }

  private static Set<File> folders() {
    Set<File> folders = new LinkedHashSet<>();
    String property = System.getProperty("sheaf.library.dir");
    if (property != null && !property.isEmpty())
      folders.add(new File(property).getAbsoluteFile());
    File inImageJ = platformFolder();
    if (inImageJ != null)
      folders.add(inImageJ.getAbsoluteFile());
    File jar = jar();
    if (jar != null && jar.getParentFile() != null && jar.getParentFile().getParentFile() != null) {
      folders.add(new File(jar.getParentFile().getParentFile(), "lib" + File.separator + LibraryFile.platform()));
    }
    for (String path : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
      // the system's own folders are listed by every Java and need no mention
      if (!path.isEmpty() && new File(path, LIBRARY).exists())
        folders.add(new File(path).getAbsoluteFile());
    }
    return folders;
  }

  private static File jar() {
    CodeSource source = NativeLoader.class.getProtectionDomain().getCodeSource();
    try {
      return source == null ? null : new File(source.getLocation().toURI()).getAbsoluteFile();
    } catch (URISyntaxException | IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean attempt(File library) {
    String place = library.getPath();
    if (!library.exists())
      return failed(place, "there is no such file");
    String problem = LibraryFile.problem(library);
    if (problem != null)
      return failed(place, problem);
    try {
      try {
        System.load(library.getPath());
      } catch (UnsatisfiedLinkError e) {
        // "Refresh Menus" gives plugins a new class loader while the old one still owns the library
        if (e.getMessage() == null || !e.getMessage().contains("another classloader"))
          throw e;
        place += " (private copy)";
        loadCopy(library);
      }
      int version = Session.version();
      if (version >> 16 != Abi.MAJOR) {
        return failed(place,
            "the library is version " + (version >> 16) + ", this jar needs version " + Abi.MAJOR
                + "; install both from one release and restart ImageJ");
      }
    } catch (LinkageError e) {
      return failed(place, said(e));
    } catch (IOException e) {
      return failed(place, "no private copy could be made: " + e.getMessage());
    }
    attempts.add(new Attempt(place, "loaded", true));
    loaded = true;
    return true;
  }

  private static boolean failed(String place, String outcome) {
    attempts.add(new Attempt(place, outcome, false));
    return false;
  }

  /** The system's own words and what to do about them. */
  static String said(LinkageError e) {
    String text = String.valueOf(e.getMessage());
    String hint = "";
    boolean function = text.contains("sheaf.Session") || text.contains("sheaf.Run"); // that the library lacks
    if (!(e instanceof UnsatisfiedLinkError) || function || text.contains("undefined symbol")) {
      hint = "jar and libraries are of different releases; install all of them from one";
    } else if (text.contains("GLIBC")) {
      hint = "this system's C library is older than the one Sheaf was built for; "
          + "use a newer system, or build Sheaf on this one";
    } else if (text.contains("failed to map segment") || text.contains("Operation not permitted")) {
      hint = "the folder does not allow programs (mounted noexec); put the libraries elsewhere and start "
          + "ImageJ with -Dsheaf.library.dir=FOLDER";
    } else if (text.contains("No such file")) {
      hint = "a library that it needs is missing; libsheaf must lie in the same folder";
    }
    return e.getClass().getSimpleName() + ": " + text + (hint.isEmpty() ? "" : "; " + hint);
  }

  /** Loads a copy under a name of its own, and removes it again where the system keeps what it has mapped. */
  private static void loadCopy(File library) throws IOException {
    IOException last = null;
    for (File parent : new File[] {cacheFolder(), new File(System.getProperty("java.io.tmpdir"))}) {
      try {
        Files.createDirectories(parent.toPath());
        Path folder = Files.createTempDirectory(parent.toPath(), "private-");
        Path copy = folder.resolve(library.getName());
        try {
          Files.copy(library.toPath(), copy);
          // its neighbours are in the process already, under names the system knows them by
          System.load(copy.toString());
        } finally {
          Files.deleteIfExists(copy);
          Files.deleteIfExists(folder);
        }
        return;
      } catch (IOException e) {
        last = e;
      }
    }
    throw last;
  }

  // ---- the copy that the jar carries ---------------------------------------------------

  /** Where copies go: the user's cache, never the system's temporary folder. */
  private static File cacheFolder() {
    String home = System.getProperty("user.home");
    String platform = LibraryFile.platform();
    if (platform.startsWith("macos"))
      return new File(home, "Library/Caches/sheaf");
    String cache = System.getenv(platform.startsWith("win") ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    return new File(cache != null && !cache.isEmpty() ? cache : home + File.separator + ".cache", "sheaf");
  }

  private static boolean attemptExtracted() {
    String root = "/natives/" + LibraryFile.platform() + "/";
    String place = "the copy inside " + (jar() == null ? "the jar" : jar().getName());
    try (InputStream in = NativeLoader.class.getResourceAsStream(root + "index")) {
      if (in == null)
        return failed(place, "this jar carries no libraries for " + LibraryFile.platform());
      List<String> index = new ArrayList<>();
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line; (line = lines.readLine()) != null;) {
        if (!line.isEmpty())
          index.add(line);
      }
      File folder =
          new File(cacheFolder(), hex(sha256().digest(String.join("\n", index).getBytes(StandardCharsets.UTF_8))));
      for (String line : index) {
        String hash = line.substring(0, 64);
        String name = line.substring(64).trim();
        extract(root + name, hash, folder.toPath().resolve(name));
      }
      return attempt(new File(folder, LIBRARY));
    } catch (IOException e) {
      return failed(place, "it could not be copied to " + cacheFolder() + ": " + e.getMessage());
    }
  }

  /** A complete file appears under its name in one step, whoever else may be doing the same. */
  private static void extract(String resource, String hash, Path target) throws IOException {
    if (Files.isRegularFile(target) && hash.equals(hex(digest(target))))
      return;
    Files.createDirectories(target.getParent());
    Path temporary = Files.createTempFile(target.getParent(), "copy-", ".tmp");
    try {
      try (InputStream in = NativeLoader.class.getResourceAsStream(resource)) {
        if (in == null)
          throw new IOException(resource + " is missing in the jar");
        Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
      }
      if (!hash.equals(hex(digest(temporary))))
        throw new IOException(resource + " is damaged");
      try {
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static byte[] digest(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (int n; (n = in.read(buffer)) > 0;) digest.update(buffer, 0, n);
    }
    return digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) text.append(String.format("%02x", b));
    return text.toString();
  }
}
