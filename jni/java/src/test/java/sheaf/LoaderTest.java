package sheaf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is found and what is said when it is not; each case in a Java of its own. */
class LoaderTest {
  @TempDir File folder;

  /** Says what the loader says. */
  static final class Probe {
    public static void main(String[] arguments) throws Exception {
      if (arguments.length > 0 && arguments[0].equals("twice")) {
        again(again(null));
        return;
      }
      try {
        System.out.println("version " + Session.coreVersion());
        System.out.println(Sheaf.operations());
      } catch (SheafException e) {
        System.out.println(e.getMessage());
      }
      for (NativeLoader.Attempt a : NativeLoader.attempts())
        System.out.println("attempt " + a.place + ": " + a.outcome);
      for (String[] row : SystemCheck.rows()) System.out.println("check " + row[0] + ": " + row[1]);
    }

    /** What "Refresh Menus" does: the same classes in a new loader. */
    private static Object again(Object before) throws Exception {
      List<URL> urls = new ArrayList<>();
      for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
        if (!path.contains("ij-") && !path.endsWith("ij.jar"))
          urls.add(new File(path).toURI().toURL());
      }
      ClassLoader loader = new URLClassLoader(urls.toArray(new URL[0]), ij.IJ.class.getClassLoader()) {
        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
          if (!name.startsWith("sheaf."))
            return super.loadClass(name, resolve);
          Class<?> known = findLoadedClass(name);
          return known != null ? known : findClass(name);
        }
      };
      Class<?> sheaf = loader.loadClass("sheaf.Sheaf");
      System.out.println((before == null ? "first " : "second ") + sheaf.getMethod("operations").invoke(null));
      java.lang.reflect.Method attempts = loader.loadClass("sheaf.NativeLoader").getDeclaredMethod("attempts");
      attempts.setAccessible(true);
      for (Object a : (List<?>) attempts.invoke(null)) {
        java.lang.reflect.Field place = a.getClass().getDeclaredField("place");
        place.setAccessible(true);
        System.out.println("place " + place.get(a));
      }
      return loader;
    }
  }

  private String probe(File libraries, String... arguments) throws Exception {
    return probe(System.getProperty("java.class.path"), libraries, arguments);
  }

  private String probe(String classPath, File libraries, String... arguments) throws Exception {
    List<String> options = Arrays.asList("-cp", classPath, "-Duser.home=" + new File(folder, "home"),
        "-Dsheaf.library.dir=" + (libraries == null ? "" : libraries));
    return Fixtures.child(folder, Collections.emptyList(), options, Probe.class, arguments);
  }

  private File copyOfLibraries(String name) throws IOException {
    File target = new File(folder, name);
    Files.createDirectories(target.toPath());
    File from = new File(Fixtures.property("sheaf.library.dir"));
    for (String file : new String[] {"libsheaf.so.1", "libsheaf_jni.so"})
      Files.copy(new File(from, file).toPath(), new File(target, file).toPath());
    return target;
  }

  @Test
  void aPathWithBlankAndUmlautWorks() throws Exception {
    String said = probe(copyOfLibraries("Image J für mich"));
    assertTrue(said.contains("version 1.0.0"), said);
    assertTrue(said.contains("test.copy"), said);
    assertTrue(said.contains("Image J für mich/libsheaf_jni.so: loaded"), said);
  }

  @Test
  void readOnlyFoldersWork() throws Exception {
    File libraries = copyOfLibraries("fixed");
    for (File file : libraries.listFiles()) assertTrue(file.setReadOnly());
    assertTrue(libraries.setWritable(false));
    assertTrue(probe(libraries).contains("version 1.0.0"));
    assertTrue(libraries.setWritable(true));
  }

  @Test
  void nothingFoundNamesEveryPlace() throws Exception {
    String said = probe(new File(folder, "empty"));
    assertTrue(said.contains("Sheaf's native library could not be loaded."), said);
    assertTrue(said.contains("empty/libsheaf_jni.so: there is no such file"), said);
    assertTrue(said.contains("this jar carries no libraries for linux64"), said);
    assertTrue(said.contains("check native library: not loaded; the commands cannot work"), said);
  }

  @Test
  void aTruncatedLibraryIsRecognized() throws Exception {
    File libraries = copyOfLibraries("cut");
    Path library = new File(libraries, "libsheaf_jni.so").toPath();
    byte[] bytes = Files.readAllBytes(library);
    Files.write(library, Arrays.copyOf(bytes, bytes.length / 2));
    assertTrue(
        probe(libraries).contains("the file is truncated after " + bytes.length / 2 + " bytes; install it again"));
    Files.write(library, new byte[0]);
    assertTrue(probe(libraries).contains("the file is truncated after 0 bytes"));
  }

  @Test
  void aLibraryForAnotherMachineIsRecognized() throws Exception {
    File libraries = copyOfLibraries("foreign");
    Path library = new File(libraries, "libsheaf_jni.so").toPath();
    byte[] bytes = Files.readAllBytes(library);
    bytes[18] = (byte) 183;
    Files.write(library, bytes);
    assertTrue(probe(libraries).contains(
        "the library is for Linux on arm64, this Java runs as linux64; install the Sheaf for linux64"));
    Files.write(library, new byte[] {'M', 'Z', 0, 0, 0, 0});
    assertTrue(probe(libraries).contains("the library is for Windows"));
    Files.write(library, "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
    assertTrue(probe(libraries).contains("the file is not a native library"));
  }

  @Test
  void aMissingNeighbourIsTheSystemsMessageWithAHint() throws Exception {
    File libraries = copyOfLibraries("alone");
    assertTrue(new File(libraries, "libsheaf.so.1").delete());
    String said = probe(libraries);
    assertTrue(said.contains("libsheaf.so.1: cannot open shared object file: No such file or directory"), said);
    assertTrue(said.contains("libsheaf must lie in the same folder"), said);
  }

  /** Replaces bytes of the copy of a library. */
  private static void patch(Path library, String from, String to) throws IOException {
    byte[] bytes = Files.readAllBytes(library);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertTrue(text.contains(from), from + " is not in " + library);
    assertEquals(from.length(), to.length());
    Files.write(library, text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void aLibraryForANewerSystemIsExplained() throws Exception {
    File libraries = copyOfLibraries("newer");
    patch(new File(libraries, "libsheaf_jni.so").toPath(), "GLIBC_2.2.5\0", "GLIBC_9.9.9\0");
    String said = probe(libraries);
    assertTrue(said.contains("version `GLIBC_9.9.9' not found"), said);
    assertTrue(said.contains("this system's C library is older than the one Sheaf was built for"), said);
  }

  @Test
  void jarAndLibraryOfDifferentReleasesAreRecognized() throws Exception {
    File libraries = copyOfLibraries("older");
    // the function that this jar asks for first is missing there
    patch(new File(libraries, "libsheaf_jni.so").toPath(), "Java_sheaf_Session_version\0",
        "Java_sheaf_Session_versiom\0");
    String said = probe(libraries);
    assertTrue(said.contains("jar and libraries are of different releases; install all of them from one"), said);
    assertTrue(said.contains("check native library: not loaded; the commands cannot work"), said);
    Files.copy(new File(Fixtures.property("sheaf.test.broken"), "newer_bridge.so").toPath(),
        new File(libraries, "libsheaf_jni.so").toPath(), StandardCopyOption.REPLACE_EXISTING);
    said = probe(libraries);
    assertTrue(said.contains("the library is version 2, this jar needs version 1; install both from one release and "
                   + "restart ImageJ"),
        said);
  }

  @Test
  void aFolderMountedNoexecIsExplained() {
    String said = NativeLoader.said(new UnsatisfiedLinkError(
        "/x/libsheaf_jni.so: failed to map segment from shared object: Operation not permitted"));
    assertTrue(said.contains("mounted noexec") && said.contains("-Dsheaf.library.dir=FOLDER"), said);
  }

  @Test
  void aSecondClassLoaderGetsACopyOfItsOwn() throws Exception {
    String said = probe(copyOfLibraries("shared"), "twice");
    assertTrue(said.contains("first [") && said.contains("second ["), said);
    assertTrue(said.contains("shared/libsheaf_jni.so (private copy)"), said);
    // the copy is gone from the disk once it is loaded
    File cache = new File(folder, "cache/sheaf");
    assertTrue(cache.isDirectory());
    assertEquals(0, cache.list().length);
  }

  @Test
  void theJarsOwnCopyIsExtractedOnce() throws Exception {
    File classes = jarWithLibraries();
    String path = classes + File.pathSeparator + System.getProperty("java.class.path");
    String said = probe(path, null);
    assertTrue(said.contains("version 1.0.0"), said);
    assertTrue(said.contains("cache/sheaf/"), said);
    File cache = new File(folder, "cache/sheaf");
    assertEquals(1, cache.list().length);
    File extracted = new File(new File(cache, cache.list()[0]), "libsheaf_jni.so");
    assertTrue(extracted.isFile());
    assertTrue(new File(extracted.getParentFile(), "sheaf-plugins/sheaf_fixtures.so").isFile());
    long time = extracted.lastModified();
    probe(path, null);
    assertEquals(time, extracted.lastModified());
    // a damaged copy is replaced
    Files.write(extracted.toPath(), new byte[] {1, 2, 3});
    assertTrue(probe(path, null).contains("version 1.0.0"));
    try (Stream<Path> files = Files.walk(cache.toPath())) {
      assertFalse(files.anyMatch(f -> f.toString().endsWith(".tmp")));
    }
  }

  @Test
  void twoJavasMayExtractAtOnce() throws Exception {
    File classes = jarWithLibraries();
    String path = classes + File.pathSeparator + System.getProperty("java.class.path");
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ProcessBuilder builder = new ProcessBuilder(
          System.getProperty("java.home") + "/bin/java", "-Djava.awt.headless=true", "-cp", path, Probe.class.getName())
                                   .redirectErrorStream(true)
                                   .redirectOutput(new File(folder, "p" + i))
                                   .directory(folder);
      builder.environment().put("XDG_CACHE_HOME", new File(folder, "cache2").getPath());
      processes.add(builder.start());
    }
    for (int i = 0; i < 4; i++) {
      processes.get(i).waitFor();
      String said = new String(Files.readAllBytes(new File(folder, "p" + i).toPath()), StandardCharsets.UTF_8);
      assertTrue(said.contains("version 1.0.0"), said);
    }
  }

  @Test
  void anUnusableCacheIsExplained() throws Exception {
    File classes = jarWithLibraries();
    Files.write(new File(folder, "cache").toPath(), new byte[] {1}); // a file where the folder should be
    String said = probe(classes + File.pathSeparator + System.getProperty("java.class.path"), null);
    assertTrue(said.contains("it could not be copied to "), said);
  }

  /** Classes with natives/ as the single jar has it. */
  private File jarWithLibraries() throws Exception {
    File classes = new File(folder, "jar");
    File natives = new File(classes, "natives/linux64");
    Files.createDirectories(natives.toPath().resolve("sheaf-plugins"));
    File from = new File(Fixtures.property("sheaf.library.dir"));
    String[][] files = {{from + "/libsheaf.so.1", "libsheaf.so.1"}, {from + "/libsheaf_jni.so", "libsheaf_jni.so"},
        {Fixtures.property("sheaf.test.plugins") + "/sheaf_fixtures.so", "sheaf-plugins/sheaf_fixtures.so"}};
    StringBuilder index = new StringBuilder();
    for (String[] file : files) {
      byte[] bytes = Files.readAllBytes(new File(file[0]).toPath());
      Files.write(new File(natives, file[1]).toPath(), bytes);
      for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) index.append(String.format("%02x", b));
      index.append("  ").append(file[1]).append('\n');
    }
    Files.write(new File(natives, "index").toPath(), index.toString().getBytes(StandardCharsets.UTF_8));
    return classes;
  }
}
