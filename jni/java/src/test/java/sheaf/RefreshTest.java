package sheaf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.Prefs;
import ij.macro.Interpreter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RefreshTest {
  @TempDir File folder;

  @Test
  void theJarsMenuNamesTheBundledOperations() {
    Map<String, String> entries = Refresh.entries(Refresh.class.getResourceAsStream("plugins.config"));
    assertEquals("align.register", entries.get("Sheaf Align..."));
    assertEquals("equalize.match", entries.get("Sheaf Equalize..."));
    assertEquals("segment.threshold", entries.get("Sheaf Threshold..."));
    assertEquals("cluster.images", entries.get("Sheaf Cluster..."));
  }

  @Test
  void theUserJarHoldsAMenuAndNothingElse() throws IOException {
    Refresh.writeJar(
        folder.getPath(), Arrays.asList("Plugins>Sheaf, \"Sheaf Gamma...\", sheaf.Command(\"example.gamma\")"));
    File jar = new File(folder, "Sheaf/Sheaf_User.jar");
    try (ZipFile zip = new ZipFile(jar)) {
      assertEquals(1, zip.size());
      assertEquals("{Sheaf Gamma...=example.gamma}",
          Refresh.entries(zip.getInputStream(zip.getEntry("plugins.config"))).toString());
    }
    assertEquals(1, jar.getParentFile().list().length);
    Refresh.writeJar(folder.getPath(), Collections.emptyList());
    assertFalse(jar.exists());
  }

  @Test
  void theFingerprintTellsDroppedChangedAndRemovedLibraries() throws IOException {
    List<String> folders = Arrays.asList(folder.getPath(), new File(folder, "not there").getPath());
    String empty = Refresh.fingerprint(folders);
    Path library = new File(folder, "a.so").toPath();
    Files.write(library, new byte[] {1});
    String one = Refresh.fingerprint(folders);
    assertNotEquals(empty, one);
    Files.write(library, new byte[] {1, 2});
    assertNotEquals(one, Refresh.fingerprint(folders));
    Files.write(new File(folder, "Sheaf_User.jar").toPath(), new byte[] {1});
    String two = Refresh.fingerprint(folders);
    Files.delete(new File(folder, "Sheaf_User.jar").toPath());
    assertEquals(two, Refresh.fingerprint(folders));
    Files.delete(library);
    assertEquals(empty, Refresh.fingerprint(folders));
  }

  @Test
  void theStartupLineIsAddedOnceAndKeepsWhatWasThere() throws IOException {
    Path file = new File(folder, "RunAtStartup.ijm").toPath();
    Files.write(file, "setOption(\"DebugMode\", false);".getBytes(StandardCharsets.UTF_8));
    Prefs.set("sheaf.refresh.startup", false);
    Refresh.addStartupLine(folder.getPath());
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    assertTrue(text.startsWith("setOption(\"DebugMode\", false);\nList.setCommands;"), text);
    Prefs.set("sheaf.refresh.startup", false);
    Refresh.addStartupLine(folder.getPath());
    assertEquals(text, new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    // a user who takes it out keeps it out
    Files.write(file, new byte[0]);
    Refresh.addStartupLine(folder.getPath());
    assertEquals(0, Files.size(file));
    Refresh.addStartupLine(null);
  }

  /** ImageJ runs it at the same time as a macro of the command line, and would forget that one. */
  @Test
  @Timeout(60)
  void theMacroAtStartLeavesAnotherTheCurrentOneUntilItEnds() throws Exception {
    Interpreter other = new Interpreter();
    Thread startup = new Thread(() -> new Interpreter().run("call('sheaf.Refresh.atStart'); wait(500);", ""));
    startup.start();
    while (Interpreter.getInstance() == null) Thread.sleep(1);
    Thread thread = new Thread(() -> other.run("wait(5000);", ""));
    thread.start();
    startup.join();
    while (Interpreter.getInstance() != other) Thread.sleep(5);
    assertFalse(other.done());
    thread.join();
    while (Interpreter.getInstance() != null) Thread.sleep(5);
  }
}
