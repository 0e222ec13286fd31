import ij.IJ;
import ij.ImagePlus;
import ij.Menus;
import ij.Prefs;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import java.awt.Dialog;
import java.awt.event.KeyEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An installation: its folder, its library, plugins of others, settings, several ImageJs. */
final class InstallTest {
  private InstallTest() {}

  static void systemCheck() {
    Scenario.choose("Plugins>Sheaf", "Sheaf System Check");
    ResultsTable table = Ui.await("the table", () -> ResultsTable.getResultsTable("Sheaf System Check"));
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < table.size(); row++) text.append(table.getStringValue("Item", row)).append(": ").append(table.getStringValue("Value", row)).append('\n');
    for (String expected : new String[] {"platform: linux64", "native core: 1.0.0", "threads: ", "memory budget: ", "plugin: org.sheaf.align", "plugin: org.example.fixtures", "native library: "}) {
      Ui.check(text.indexOf(expected) >= 0, expected + " is missing in\n" + text);
    }
  }

  static void settings() {
    Scenario.choose("Plugins>Sheaf", "Sheaf Settings...");
    Dialog dialog = Ui.dialog("Sheaf Settings");
    Ui.type(Scenario.field(dialog, 0), "512");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Ui.await("the setting", () -> Prefs.get("sheaf.settings.memory", 0) == 512);
    Scenario.choose("Plugins>Sheaf", "Sheaf System Check");
    ResultsTable table = Ui.await("the table", () -> ResultsTable.getResultsTable("Sheaf System Check"));
    boolean found = false;
    for (int row = 0; row < table.size(); row++) found |= table.getStringValue("Value", row).startsWith("537 MB");
    Ui.check(found, "the budget is not used");
  }

  /** "Refresh Menus" loads all plugins anew, while the library still belongs to the old ones. */
  static void refreshMenus() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 3);
    IJ.run(image, "Sheaf Test Copy", "");
    for (int i = 0; i < 2; i++) {
      IJ.run("Refresh Menus");
      IJ.run(image, "Sheaf Align...", " ");
      Ui.check(Ui.image(i == 0 ? "cells-aligned" : "cells-aligned-1") != null, "no result");
    }
    // the submenu came back from the jar that Refresh wrote
    Ui.check(Menus.getCommands().get("Sheaf Test Copy") != null, "the commands of others are gone");
  }

  /** Nothing can be written into ImageJ's folder, and there is no folder for temporary files. */
  static void readOnly() throws IOException {
    Path folder = Paths.get(IJ.getDirectory("imagej"));
    Ui.check(!Files.isWritable(folder) && !Files.isWritable(folder.resolve("plugins")), folder + " can be written to");
    List<Path> before = files(folder);
    systemCheck();
    ImagePlus image = Ui.stack(8, 3);
    IJ.run(image, "Sheaf Align...", " ");
    Ui.image("cells-aligned");
    IJ.run("Sheaf Refresh");
    Ui.await("the new commands", () -> Menus.getCommands().get("Sheaf Test Slow...") != null);
    Ui.check(IJ.getLog().contains("the menu of the next start will lack new commands: ") && IJ.getLog().contains("you have no right to write there"), IJ.getLog());
    IJ.run(image, "Sheaf Test Copy", "");
    Ui.check(Ui.samePixels(image, Ui.image("cells-copy")), "the copy");
    IJ.run("Refresh Menus"); // needs a copy of the library of its own
    IJ.run(image, "Sheaf Align...", " ");
    Ui.image("cells-aligned-1");
    Ui.same(before, files(folder), "the files of the folder");
    // code comes from the installation, and of the copy from the user's cache: never from a folder for temporary files
    for (String line : Scenario.maps().split("\n")) {
      boolean code = line.contains("r-xp") && line.contains("sheaf");
      Ui.check(!code || line.contains(folder.toString()) || line.contains("/.cache/sheaf/") || line.contains(System.getenv("SHEAF_PLUGIN_PATH")), line);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.sorted().collect(Collectors.toList());
    }
  }

  /** A library is dropped into the plugin folder of a running ImageJ. */
  static void refreshFindsADroppedLibrary() throws IOException {
    Ui.check(Menus.getCommands().get("Sheaf Example Gamma...") == null, "a command without a library");
    drop("gamma.so", "gamma.so");
    Scenario.choose("Plugins>Sheaf", "Sheaf Refresh");
    Ui.await("the command of the dropped library", () -> Menus.getCommands().get("Sheaf Example Gamma...") != null);
    Ui.await("the status", () -> Scenario.status().contains("new: Sheaf Example Gamma..."));
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf", "Sheaf Example Gamma...");
    Dialog dialog = Ui.dialog("Sheaf Example Gamma");
    Ui.click(Ui.checkbox(dialog, "Preview"));
    Ui.click(Ui.button(dialog, "OK"));
    Ui.image("cells-gamma");
    Ui.await("the image to be free", () -> !image.isLocked());
    IJ.run(image, "Sheaf Example Gamma...", "gamma=2");
    int value = image.getStack().getProcessor(3).get(50, 40);
    Ui.same((int) Math.round(255 * Math.pow(value / 255.0, 2)), Ui.image("cells-gamma-1").getStack().getProcessor(3).get(50, 40), "the result");
  }

  private static Path drop(String name, String as) throws IOException {
    Path folder = Paths.get(IJ.getDirectory("plugins"), "Sheaf");
    Files.createDirectories(folder);
    return Files.copy(Paths.get(System.getenv("SHEAF_TEST_PLUGINS"), name), folder.resolve(as));
  }

  /** A library in use stays what it was when its file is replaced or removed, and Refresh says so. */
  static void replacedLibrary() throws IOException {
    Path library = drop("gamma.so", "gamma.so");
    Path refused = drop("refused_null.so", "refused_null.so");
    Scenario.choose("Plugins>Sheaf", "Sheaf Refresh");
    Ui.await("the command", () -> Menus.getCommands().get("Sheaf Example Gamma...") != null);
    Ui.await("the refused library", () -> IJ.getLog() != null && IJ.getLog().contains(refused + " was refused"));
    Ui.check(!IJ.getLog().contains("restart"), IJ.getLog());
    IJ.run("Refresh Menus"); // the classes are new after that, the libraries are not
    IJ.log("\\Clear");
    Files.delete(library);
    Files.delete(refused);
    Files.setLastModifiedTime(drop("results.so", "gamma.so"), java.nio.file.attribute.FileTime.fromMillis(1600000000000L));
    IJ.run("Sheaf Refresh");
    Ui.await("what has changed", () -> IJ.getLog() != null && IJ.getLog().contains("gamma.so has changed; restart ImageJ to use the new one"));
    Ui.check(!IJ.getLog().contains("refused_null.so"), IJ.getLog());
    Files.delete(library);
    IJ.log("\\Clear");
    IJ.run("Sheaf Refresh");
    Ui.await("what has gone", () -> IJ.getLog() != null && IJ.getLog().contains("gamma.so has gone; its commands work until ImageJ is restarted"));
    ImagePlus image = Ui.stack(8, 3);
    IJ.run(image, "Sheaf Example Gamma...", "gamma=2");
    Ui.image("cells-gamma");
    java.io.File menu = new java.io.File(IJ.getDirectory("plugins"), "Sheaf/Sheaf_User.jar");
    Ui.check(!menu.exists() || !new String(Files.readAllBytes(menu.toPath()), "ISO-8859-1").contains("Gamma"), "the menu of the next start still has the command");
  }

  /** Libraries that are no good are named with their reasons; everything else works. */
  static void brokenLibraries() throws IOException {
    Map<String, String> reasons = new LinkedHashMap<>();
    Path cut = drop("results.so", "truncated.so");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), (int) Files.size(cut) / 2));
    reasons.put("truncated.so", "truncated");
    Path foreign = drop("results.so", "foreign.so");
    byte[] bytes = Files.readAllBytes(foreign);
    bytes[18] = (byte) 183; // arm64
    Files.write(foreign, bytes);
    reasons.put("foreign.so", "another processor");
    String[][] faults = {{"refused_major.so", "made for interface 2, this Sheaf has interface 1"}, {"refused_throws.so", "no licence was found"}, {"refused_stranger.so", "does not export sheaf_plugin_v1"}, {"refused_null.so", "returned no plugin"}, {"refused_schema.so", "parameter Stack"}, {"refused_hole.so", "impossible size 0"}};
    for (String[] fault : faults) {
      drop(fault[0], fault[0]);
      reasons.put(fault[0], fault[1]);
    }
    Scenario.choose("Plugins>Sheaf", "Sheaf Refresh");
    Ui.await("the reasons", () -> IJ.getLog() != null && IJ.getLog().contains("refused_throws.so"));
    Ui.pause(300);
    IJ.run("Sheaf System Check");
    String check = Scenario.csv("Sheaf System Check");
    reasons.forEach((file, reason) -> {
      for (String text : new String[] {IJ.getLog(), check}) {
        String line = Arrays.stream(text.split("\n")).filter(l -> l.contains(file)).findFirst().orElse("");
        Ui.check(line.contains("refused") && line.contains(reason), file + ": <" + reason + "> is not in <" + line + "> of\n" + text);
      }
    });
    ImagePlus image = Ui.stack(8, 3);
    IJ.run(image, "Sheaf Align...", " ");
    Ui.image("cells-aligned");
  }

  /** The library was cut off by a bad copy. */
  static void truncatedLibrary() {
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf", "Sheaf Threshold...");
    Dialog error = Ui.dialog("Sheaf");
    String text = Ui.texts(error);
    Ui.check(text.contains("the file is truncated after 20000 bytes; install it again"), text);
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.check(!image.isLocked(), "the image is locked");
    // a macro ends there
    Interpreter macro = new Interpreter();
    macro.setIgnoreErrors(true);
    macro.run("run('Sheaf Align...', 'model=rigid'); newImage('not reached', '8-bit', 9, 9, 1);");
    Ui.check(macro.wasError() || macro.getErrorMessage() != null, "the macro went on");
    Ui.same(1, WindowManager.getImageCount(), "images");
  }

  /** The library is missing: ImageJ runs, and the commands say why they do not. */
  static void noLibrary() {
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf", "Sheaf Equalize...");
    Dialog error = Ui.dialog("Sheaf");
    String text = Ui.texts(error);
    Ui.check(text.contains("Sheaf's native library could not be loaded.") && text.contains("there is no such file"), text);
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.check(!image.isLocked(), "the image is locked");
    Scenario.choose("Plugins>Sheaf", "Sheaf System Check");
    ResultsTable table = Ui.await("the table", () -> ResultsTable.getResultsTable("Sheaf System Check"));
    boolean found = false;
    for (int row = 0; row < table.size(); row++) found |= table.getStringValue("Item", row).contains("tried");
    Ui.check(found, "the attempts are not listed");
    IJ.run(image, "Invert", "stack");
  }

  /** First start: a command is used. The next starts are dropped() and removed(). */
  static void firstStart() {
    ImagePlus image = Ui.stack(8, 3);
    IJ.run(image, "Sheaf Align...", " ");
    Ui.image("cells-aligned");
    Ui.await("the line in RunAtStartup.ijm", () -> IJ.openAsString(IJ.getDirectory("macros") + "RunAtStartup.ijm").contains("sheaf.Refresh.atStart"));
    Ui.check(Menus.getCommands().get("Sheaf Example Gamma...") == null, "a command without a library");
    Prefs.savePreferences();
  }

  /** A library was dropped into plugins/Sheaf since. */
  static void dropped() {
    Ui.await("the command of the dropped library", () -> Menus.getCommands().get("Sheaf Example Gamma...") != null);
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf", "Sheaf Example Gamma...");
    Dialog dialog = Ui.dialog("Sheaf Example Gamma");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.image("cells-gamma");
    Ui.await("the image to be free", () -> !image.isLocked());
    Prefs.savePreferences();
  }

  /** The library is gone again. */
  static void removed() {
    Ui.stack(8, 3);
    Ui.pause(1500); // what runs at start
    if (Menus.getCommands().get("Sheaf Example Gamma...") != null) {
      Scenario.choose("Plugins>Sheaf", "Sheaf Example Gamma...");
      Dialog error = Ui.dialog("Sheaf");
      Ui.check(Ui.texts(error).contains("No plugin brings the operation \"example.gamma\" any more"), Ui.texts(error));
      Ui.key(KeyEvent.VK_ENTER);
      Ui.gone(error);
    }
    Ui.check(!new java.io.File(IJ.getDirectory("plugins"), "Sheaf/Sheaf_User.jar").exists(), "the menu of the next start still has the command");
  }

  /** Two ImageJs use one installation at once. */
  static void twoAtOnce() throws Exception {
    String macro = System.getProperty("test.macros") + "/batch.ijm";
    Process other = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-Dfile.encoding=UTF-8", "-Duser.home=" + System.getProperty("user.home"), "-Dplugins.dir=" + System.getProperty("plugins.dir"), "-Dtest.work=" + System.getProperty("test.work"), "-Dtest.macros=" + System.getProperty("test.macros"), "-cp", System.getProperty("java.class.path"), "MacroTest", macro).inheritIO().start();
    ImagePlus image = Ui.stack(8, 4);
    for (int i = 0; other.isAlive() || i < 3; i++) {
      IJ.run(image, "Sheaf Align...", "model=affine");
      IJ.run(image, "Sheaf Threshold...", " ");
      for (int id : WindowManager.getIDList()) {
        if (id != image.getID()) WindowManager.getImage(id).close();
      }
    }
    Ui.same(0, other.waitFor(), "the exit status of the other ImageJ");
  }

  /** A macro from the command line, without ImageJ's window. */
  static void commandLine() throws Exception {
    java.io.File work = new java.io.File(System.getProperty("test.work"));
    java.io.File macro = new java.io.File(work, "line.ijm");
    String code = "newImage('cells', '8-bit ramp', 60, 40, 4);\nrun('Sheaf Threshold...', 'method=otsu');\nsaveAs('Tiff', getArgument() + 'labels.tif');\nTable.save(getArgument() + 'table.csv', 'Threshold of cells');\n";
    java.nio.file.Files.write(macro.toPath(), code.getBytes("UTF-8"));
    Process process = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-Duser.home=" + System.getProperty("user.home"), "-Dplugins.dir=" + System.getProperty("plugins.dir"), "-cp", "ij.jar", "ij.ImageJ", "-ijpath", System.getProperty("plugins.dir"), "-batch", macro.getPath(), work + "/").inheritIO().start();
    Ui.same(0, process.waitFor(), "the exit status");
    ImagePlus labels = IJ.openImage(new java.io.File(work, "labels.tif").getPath());
    Ui.same(4, labels.getStackSize(), "label images");
    Ui.same(16, labels.getBitDepth(), "bits of labels");
    Ui.check(IJ.openAsString(new java.io.File(work, "table.csv").getPath()).contains("threshold"), "no table");
  }
}
