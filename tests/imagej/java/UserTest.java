import ij.CompositeImage;
import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.Prefs;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Dialog;
import java.awt.Menu;
import java.awt.MenuItem;
import java.awt.TextField;
import java.awt.event.ActionEvent;
import java.awt.event.KeyEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a user does in ImageJ, by menu, mouse and keyboard: UserTest SCENARIO. */
public final class UserTest {
  public static void main(String[] arguments) throws Exception {
    Ui.watchdog(160);
    new ImageJ(ImageJ.STANDALONE);
    Ui.await("ImageJ", () -> IJ.getInstance() != null && IJ.getInstance().isShowing());
    UserTest.class.getDeclaredMethod(arguments[0]).invoke(null);
    System.out.println("passed");
    Runtime.getRuntime().halt(0);
  }

  /** What a click on the item does. */
  private static void choose(String menuPath, String command) {
    Menu menu = Menus.getImageJMenu(menuPath);
    Ui.check(menu != null, "there is no menu " + menuPath);
    for (int i = 0; i < menu.getItemCount(); i++) {
      MenuItem item = menu.getItem(i);
      if (!item.getLabel().equals(command)) continue;
      IJ.getInstance().actionPerformed(new ActionEvent(item, ActionEvent.ACTION_PERFORMED, command));
      return;
    }
    Ui.fail(menuPath + " has no item " + command + " but " + labels(menu));
  }

  private static List<String> labels(Menu menu) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < menu.getItemCount(); i++) labels.add(menu.getItem(i).getLabel());
    return labels;
  }

  /** Brings the test plugins' commands into the menu, as a user would. */
  private static void refresh() {
    choose("Plugins>Sheaf", "Sheaf Refresh");
    Ui.await("the new commands", () -> Menus.getCommands().get("Sheaf Test Slow...") != null);
  }

  private static TextField field(Dialog dialog, int index) {
    return Ui.all(dialog, TextField.class).get(index);
  }

  private static int shown(ImagePlus image) {
    return image.getProcessor().get(50, 40);
  }

  // ---- scenarios -----------------------------------------------------------------------

  static void menu() {
    Menu menu = Menus.getImageJMenu("Plugins>Sheaf");
    Ui.check(menu != null, "there is no menu Plugins>Sheaf");
    Ui.same(Arrays.asList("Sheaf Align...", "Sheaf Cluster...", "Sheaf Equalize...", "Sheaf Threshold...", "-", "Sheaf Settings...", "Sheaf System Check", "Sheaf Macro Extensions", "Sheaf Refresh"), labels(menu), "the menu");
    // nothing native is loaded by looking at the menu
    Ui.check(!maps().contains("libsheaf"), "the library was loaded before the first command");
    refresh();
    Ui.check(maps().contains("libsheaf_jni"), "the library is not loaded");
    Ui.check(labels(Menus.getImageJMenu("Plugins>Sheaf>Test")).contains("Sheaf Test Copy"), "no submenu");
    int items = Menus.getImageJMenu("Plugins>Sheaf>Test").getItemCount();
    IJ.run("Sheaf Refresh");
    Ui.same(items, Menus.getImageJMenu("Plugins>Sheaf>Test").getItemCount(), "items after another refresh");
    // without an image the command says so
    choose("Plugins>Sheaf", "Sheaf Align...");
    Dialog dialog = Ui.dialog("Sheaf Align");
    Ui.check(Ui.texts(dialog).contains("There are no images open"), Ui.texts(dialog));
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(dialog);
  }

  private static String maps() {
    try {
      return new String(java.nio.file.Files.readAllBytes(java.nio.file.Paths.get("/proc/self/maps")));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static void dialog() {
    refresh();
    ImagePlus image = Ui.stack(8, 3);
    choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog dialog = Ui.dialog("Sheaf Test Offset");
    String texts = Ui.texts(dialog);
    for (String expected : new String[] {"Adds a number to every pixel.", "Amount (levels):", "Direction:", "Twice", "Advanced", "Delay (s):", "Least:", "Preview"}) {
      Ui.check(texts.contains(expected), expected + " is not in the dialog: " + texts);
    }
    Ui.check(image.isLocked(), "the image is not locked");
    List<TextField> fields = Ui.all(dialog, TextField.class);
    Button ok = Ui.button(dialog, "OK");
    TextField least = fields.get(1);
    Ui.check(!least.isEnabled(), "least is enabled though it is not in use");
    Ui.choose(Ui.all(dialog, Choice.class).get(0), 1);
    Ui.await("least to be enabled", least::isEnabled);

    Ui.type(fields.get(0), "300");
    Ui.await("OK to be disabled", () -> !ok.isEnabled());
    Ui.check(Ui.texts(dialog).contains("amount: 300 given, needs 0 to 255 levels"), Ui.texts(dialog));
    Ui.type(fields.get(0), "20");
    Ui.await("OK to be enabled", ok::isEnabled);

    Ui.click(Ui.button(dialog, "Help"));
    Dialog help = Ui.dialog("Sheaf Test Offset Help");
    Ui.check(help != null, "no help");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(help);

    Ui.click(ok);
    Ui.gone(dialog);
    ImagePlus result = Ui.image("cells-offset");
    Ui.same(Math.max(0, image.getProcessor().get(50, 40) - 20), shown(result), "the result");
    Ui.await("the image to be free", () -> !image.isLocked());

    // the values are there again, also after a macro has used others
    IJ.run(image, "Sheaf Test Offset...", "amount=99");
    WindowManager.setCurrentWindow(image.getWindow());
    choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    dialog = Ui.dialog("Sheaf Test Offset");
    Ui.same("20", field(dialog, 0).getText(), "the remembered amount");
    Ui.same("down", Ui.all(dialog, Choice.class).get(0).getSelectedItem(), "the remembered direction");
    Ui.key(KeyEvent.VK_ESCAPE);
    Ui.gone(dialog);
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.same(3, WindowManager.getImageCount(), "images after a cancelled dialog");
  }

  static void preview() {
    refresh();
    previewOf(Ui.stack(8, 3));
    Ui.closeAll();
    ImagePlus plain = Ui.stack(16, 6);
    plain.setDimensions(2, 3, 1);
    ImagePlus composite = new CompositeImage(plain, IJ.COMPOSITE);
    plain.hide();
    composite.show();
    composite.setPosition(2, 2, 1);
    previewOf(composite);
  }

  private static void previewOf(ImagePlus image) {
    ImagePlus before = image.duplicate();
    Object pixels = image.getStack().getPixels(image.getCurrentSlice());
    choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog dialog = Ui.dialog("Sheaf Test Offset");
    Checkbox preview = Ui.checkbox(dialog, "Preview"); // says "wait..." while it is computed
    int original = displayed(image);
    Ui.type(field(dialog, 0), "7");
    Ui.click(preview);
    Ui.await("the preview", () -> displayed(image) == original + 7);
    Ui.type(field(dialog, 0), "25");
    Ui.await("the next preview", () -> displayed(image) == original + 25);
    Ui.check(Ui.samePixels(before, image), "the pixels of the stack were changed");
    Ui.click(preview);
    Ui.await("the preview to be taken back", () -> displayed(image) == original);
    Ui.click(preview);
    Ui.await("the preview", () -> displayed(image) == original + 25);
    // a slow one is interrupted by the next wish
    Ui.type(Ui.all(dialog, TextField.class).get(2), "9");
    Ui.pause(300);
    long start = System.currentTimeMillis();
    Ui.type(Ui.all(dialog, TextField.class).get(2), "0");
    Ui.type(field(dialog, 0), "30");
    Ui.await("the preview after a slow one", () -> displayed(image) == original + 30);
    Ui.check(System.currentTimeMillis() - start < 6000, "the slow preview was not interrupted");
    Ui.key(KeyEvent.VK_ESCAPE);
    Ui.gone(dialog);
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.same(original, displayed(image), "the image after cancelling");
    Ui.check(Ui.samePixels(before, image), "the pixels were changed");
    Ui.check(pixels == image.getStack().getPixels(image.getCurrentSlice()), "the stack has another array");
    // and with OK the result is a new image, the input as it was
    choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog second = Ui.dialog("Sheaf Test Offset");
    Ui.type(field(second, 0), "5");
    Ui.click(Ui.checkbox(second, "Preview"));
    Ui.await("the preview", () -> displayed(image) == original + 5);
    Ui.click(Ui.button(second, "OK"));
    ImagePlus result = Ui.image("cells-offset");
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.check(Ui.samePixels(before, image), "the pixels were changed");
    Ui.same(original + 5, result.getStack().getProcessor(image.getCurrentSlice()).get(50, 40), "the result");
  }

  /** The value that the screen shows. */
  private static int displayed(ImagePlus image) {
    boolean composite = image.isComposite() && ((CompositeImage) image).getMode() == IJ.COMPOSITE;
    return (composite ? image.getChannelProcessor() : image.getProcessor()).get(50, 40);
  }

  static void previewOfLabels() {
    refresh();
    ImagePlus image = Ui.stack(8, 2);
    image.setOverlay(new ij.gui.Overlay(new ij.gui.Roi(1, 1, 5, 5)));
    ij.gui.Overlay own = image.getOverlay();
    ImagePlus before = image.duplicate();
    choose("Plugins>Sheaf>Test", "Sheaf Test Labels...");
    Dialog dialog = Ui.dialog("Sheaf Test Labels");
    Checkbox preview = Ui.checkbox(dialog, "Preview");
    Ui.click(preview);
    Ui.await("the coloured overlay", () -> image.getOverlay() != own && image.getOverlay().get(0) instanceof ij.gui.ImageRoi);
    Ui.check(Ui.samePixels(before, image), "the pixels were changed");
    Ui.click(preview);
    Ui.await("the user's own overlay", () -> image.getOverlay() == own);
    Ui.click(preview);
    Ui.await("the coloured overlay", () -> image.getOverlay() != own);
    Ui.click(Ui.button(dialog, "Cancel"));
    Ui.gone(dialog);
    Ui.await("the user's own overlay", () -> image.getOverlay() == own);
  }

  static void recorder() {
    refresh();
    Prefs.set("recorder.mode", "Macro");
    recordAndReplay(false);
    Prefs.set("recorder.mode", "JavaScript");
    recordAndReplay(true);
  }

  private static void recordAndReplay(boolean script) {
    Ui.closeAll();
    Prefs.set("sheaf.test.offset.direction", "up");
    Prefs.set("sheaf.test.offset.twice", "false");
    ImagePlus image = Ui.stack(8, 3);
    Recorder recorder = new Recorder();
    Ui.await("the recorder", () -> recorder.isShowing() && Recorder.record);
    // a dialog that is cancelled is not recorded
    choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog cancelled = Ui.dialog("Sheaf Test Offset");
    Ui.click(Ui.button(cancelled, "Cancel"));
    Ui.gone(cancelled);

    choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog dialog = Ui.dialog("Sheaf Test Offset");
    Ui.type(field(dialog, 0), "31");
    Ui.choose(Ui.all(dialog, Choice.class).get(0), 1);
    Ui.click(Ui.checkbox(dialog, "Twice"));
    Ui.click(Ui.button(dialog, "OK"));
    ImagePlus first = Ui.image("cells-offset");
    String expected = (script ? "IJ.run(" : "run(") + "\"Sheaf Test Offset...\", \"amount=31 direction=down twice least=0 delay=0\");";
    Ui.await("the recorded line", () -> recorder.getText().contains(expected));
    String text = recorder.getText();
    Ui.same(1, text.split("Sheaf Test Offset", -1).length - 1, "lines recorded in\n" + text);

    // an operation without parameters, and one with nothing but defaults
    WindowManager.setCurrentWindow(image.getWindow());
    choose("Plugins>Sheaf>Test", "Sheaf Test Copy");
    ImagePlus copy = Ui.image("cells-copy");
    Ui.await("the second line", () -> recorder.getText().contains("\"Sheaf Test Copy\""));
    recorder.close();

    String line = "";
    for (String l : text.split("\n")) {
      if (l.contains("Sheaf Test Offset")) line = l;
    }
    Prefs.set("sheaf.test.offset.amount", "1"); // a replay must not depend on what a dialog remembers
    IJ.selectWindow(image.getID());
    if (script) replayScript(line);
    else new Interpreter().run(line);
    ImagePlus second = Ui.image("cells-offset-1");
    Ui.check(Ui.samePixels(first, second), "the replay gives other pixels");
    Ui.check(!Ui.samePixels(first, image) && Ui.samePixels(image, copy), "the results are not what they should be");
    ResultsTable table = ResultsTable.getResultsTable("Copies of cells");
    Ui.check(table != null && table.size() == 3, "no table");
    if (!script) replayTable(image);
  }

  /** A replay gives the same table, too. */
  private static void replayTable(ImagePlus image) {
    Recorder recorder = new Recorder();
    Ui.await("the recorder", () -> recorder.isShowing() && Recorder.record);
    IJ.selectWindow(image.getID());
    choose("Plugins>Sheaf", "Sheaf Equalize...");
    Dialog dialog = Ui.dialog("Sheaf Equalize");
    Ui.choose(Ui.all(dialog, Choice.class).get(0), 2);
    Ui.click(Ui.button(dialog, "OK"));
    ImagePlus first = Ui.image("cells-equalized");
    Ui.await("the recorded line", () -> recorder.getText().contains("Sheaf Equalize"));
    String text = recorder.getText().trim();
    String line = text.substring(text.lastIndexOf('\n') + 1);
    choose("Plugins>Sheaf", "Sheaf Settings...");
    Dialog settings = Ui.dialog("Sheaf Settings");
    Ui.click(Ui.button(settings, "OK"));
    Ui.gone(settings);
    Ui.await("the settings", () -> recorder.getText().contains("run(\"Sheaf Settings...\", \"memory=0 limit=0 folder=[]\");"));
    recorder.close();
    String table = csv("Equalization of cells");
    IJ.selectWindow("Equalization of cells");
    IJ.run("Close");
    IJ.selectWindow(image.getID());
    new Interpreter().run(line);
    Ui.check(Ui.samePixels(first, Ui.image("cells-equalized-1")), "the replay of " + line + " gives other pixels");
    Ui.same(table, csv("Equalization of cells"), "the table");
  }

  private static String csv(String title) {
    ResultsTable table = Ui.await("the table " + title, () -> ResultsTable.getResultsTable(title));
    StringBuilder text = new StringBuilder(table.getColumnHeadings());
    for (int row = 0; row < table.size(); row++) text.append('\n').append(table.getRowAsString(row));
    return text.toString();
  }

  /** The one call that the line is; Java itself has brought no JavaScript since version 15. */
  private static void replayScript(String line) {
    Matcher call = Pattern.compile("IJ\\.run\\(\"([^\"]*)\", \"([^\"]*)\"\\);").matcher(line);
    Ui.check(call.matches(), line);
    IJ.run(call.group(1), call.group(2));
  }

  static void escape() {
    refresh();
    for (int round = 0; round < 3; round++) {
      Ui.closeAll();
      ImagePlus image = Ui.stack(8, 3);
      Thread macro = null;
      boolean fromMacro = round == 2;
      if (fromMacro) {
        macro = new Thread(() -> IJ.runMacro("run('Sheaf Test Slow...', 'seconds=60'); newImage('not reached', '8-bit', 9, 9, 1);"), "macro");
        macro.start();
      } else {
        choose("Plugins>Sheaf>Test", "Sheaf Test Slow...");
        Dialog dialog = Ui.dialog("Sheaf Test Slow");
        Ui.type(field(dialog, 0), "60");
        Ui.click(Ui.button(dialog, "OK"));
        Ui.gone(dialog);
      }
      Ui.await("progress", () -> image.isLocked() && status().contains("Sheaf Test Slow"));
      Ui.check(status().contains("Esc stops"), status());
      Ui.pause(400);
      image.getWindow().toFront();
      Ui.click(image.getCanvas());
      long start = System.currentTimeMillis();
      Ui.key(KeyEvent.VK_ESCAPE);
      Ui.await("the run to stop", () -> !image.isLocked());
      stoppedInTime(start);
      if (macro != null) {
        Thread running = macro;
        Ui.await("the macro to end", () -> !running.isAlive());
      }
      Ui.pause(300);
      Ui.same(1, WindowManager.getImageCount(), "images after Esc");
      Ui.same(0, tables(), "tables after Esc");
      // nothing is broken: the next command works
      IJ.run(image, "Sheaf Test Copy", "");
      Ui.check(Ui.samePixels(image, Ui.image("cells-copy")), "the next command");
    }
  }

  /** Half a second is the promise; a machine that runs other tests besides gets more. */
  private static void stoppedInTime(long start) {
    long ms = System.currentTimeMillis() - start;
    System.out.println("Esc took " + ms + " ms");
    Ui.check(ms < 1500, "Esc took " + ms + " ms");
  }

  /** A real operation on a collection that keeps it busy. */
  static void escapeAlign() {
    ij.ImageStack images = new ij.ImageStack(700, 700);
    for (int n = 0; n < 40; n++) {
      ij.process.FloatProcessor ip = new ij.process.FloatProcessor(700, 700);
      ip.noise(100 + n);
      images.addSlice("", ip);
    }
    ImagePlus image = new ImagePlus("noise", images);
    image.show();
    for (String command : new String[] {"Sheaf Align...", "Sheaf Equalize..."}) {
      Thread thread = new Thread(() -> IJ.run(image, command, command.equals("Sheaf Align...") ? "model=affine reference=mean" : " "), "user");
      thread.start();
      Ui.await("the run", image::isLocked);
      Ui.pause(150);
      if (!image.isLocked()) continue; // done before anybody could stop it
      image.getWindow().toFront();
      long start = System.currentTimeMillis();
      IJ.setKeyDown(KeyEvent.VK_ESCAPE);
      Ui.await("the run to stop", () -> !image.isLocked() && !thread.isAlive());
      stoppedInTime(start);
      Ui.same(1, WindowManager.getImageCount(), "images after stopping " + command);
      Ui.same(0, tables(), "tables after stopping " + command);
    }
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

  private static String status() {
    return String.valueOf(ImageJ.getStatusBarText());
  }

  private static int tables() {
    int count = 0;
    for (java.awt.Frame frame : WindowManager.getNonImageWindows()) {
      if (frame instanceof ij.text.TextWindow && ((ij.text.TextWindow) frame).getResultsTable() != null) count++;
    }
    return count;
  }

  static void closing() {
    refresh();
    ImagePlus image = Ui.stack(8, 3);
    choose("Plugins>Sheaf>Test", "Sheaf Test Slow...");
    Dialog dialog = Ui.dialog("Sheaf Test Slow");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Ui.await("the run", () -> status().contains("Sheaf Test Slow"));
    image.changes = false;
    image.getWindow().close();
    Dialog error = Ui.dialog("Sheaf Test Slow");
    Ui.check(Ui.texts(error).replace("\n", " ").contains("cells.tif was closed while Sheaf Test Slow worked on it; the run was stopped"), Ui.texts(error));
    Ui.check(!image.isLocked(), "the closed image is locked");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.same(0, WindowManager.getImageCount(), "images");
    Ui.same(0, tables(), "tables");
  }

  static void secondRun() {
    refresh();
    ImagePlus image = Ui.stack(8, 3);
    Thread slow = new Thread(() -> IJ.run(image, "Sheaf Test Slow...", "seconds=3"));
    slow.start();
    Ui.await("the first run", image::isLocked);
    choose("Plugins>Sheaf>Test", "Sheaf Test Copy");
    Dialog error = Ui.dialog("Sheaf Test Copy");
    Ui.check(Ui.texts(error).replace("\n", " ").contains("cells.tif is in use: another command is working on it; wait until it has finished"), Ui.texts(error));
    Ui.check(image.isLocked(), "the first run has lost its lock");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.image("cells-slow");
    Ui.await("the image to be free", () -> !image.isLocked());
  }

  /** "Refresh Menus" loads all plugins anew, while the library still belongs to the old ones. */
  static void refreshMenus() {
    refresh();
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

  static void systemCheck() {
    choose("Plugins>Sheaf", "Sheaf System Check");
    ResultsTable table = Ui.await("the table", () -> ResultsTable.getResultsTable("Sheaf System Check"));
    StringBuilder text = new StringBuilder();
    for (int row = 0; row < table.size(); row++) text.append(table.getStringValue("Item", row)).append(": ").append(table.getStringValue("Value", row)).append('\n');
    for (String expected : new String[] {"platform: linux64", "native core: 1.0.0", "threads: ", "memory budget: ", "plugin: org.sheaf.align", "plugin: org.example.fixtures", "native library: "}) {
      Ui.check(text.indexOf(expected) >= 0, expected + " is missing in\n" + text);
    }
  }

  /** Nothing may be written into ImageJ's folder, and there is no folder for temporary files. */
  static void readOnly() {
    systemCheck();
    ImagePlus image = Ui.stack(8, 3);
    IJ.run(image, "Sheaf Align...", " ");
    Ui.image("cells-aligned");
    IJ.run("Sheaf Refresh");
    Ui.await("the new commands", () -> Menus.getCommands().get("Sheaf Test Slow...") != null);
    IJ.run(image, "Sheaf Test Copy", "");
    Ui.check(Ui.samePixels(image, Ui.image("cells-copy")), "the copy");
  }

  static void settings() {
    choose("Plugins>Sheaf", "Sheaf Settings...");
    Dialog dialog = Ui.dialog("Sheaf Settings");
    Ui.type(field(dialog, 0), "512");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Ui.await("the setting", () -> Prefs.get("sheaf.settings.memory", 0) == 512);
    choose("Plugins>Sheaf", "Sheaf System Check");
    ResultsTable table = Ui.await("the table", () -> ResultsTable.getResultsTable("Sheaf System Check"));
    boolean found = false;
    for (int row = 0; row < table.size(); row++) found |= table.getStringValue("Value", row).startsWith("537 MB");
    Ui.check(found, "the budget is not used");
  }

  /** The library is missing: ImageJ runs, and the commands say why they do not. */
  static void noLibrary() {
    ImagePlus image = Ui.stack(8, 3);
    choose("Plugins>Sheaf", "Sheaf Equalize...");
    Dialog error = Ui.dialog("Sheaf");
    String text = Ui.texts(error);
    Ui.check(text.contains("Sheaf's native library could not be loaded.") && text.contains("there is no such file"), text);
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.check(!image.isLocked(), "the image is locked");
    choose("Plugins>Sheaf", "Sheaf System Check");
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
    Ui.check(Menus.getCommands().get("Sheaf Gamma...") == null, "a command without a library");
    Prefs.savePreferences();
  }

  /** A library was dropped into plugins/Sheaf since. */
  static void dropped() {
    Ui.await("the command of the dropped library", () -> Menus.getCommands().get("Sheaf Gamma...") != null);
    ImagePlus image = Ui.stack(8, 3);
    choose("Plugins>Sheaf", "Sheaf Gamma...");
    Dialog dialog = Ui.dialog("Sheaf Gamma");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.image("cells-gamma");
    Ui.await("the image to be free", () -> !image.isLocked());
    Prefs.savePreferences();
  }

  /** The library is gone again. */
  static void removed() {
    Ui.stack(8, 3);
    Ui.pause(1500); // what runs at start
    if (Menus.getCommands().get("Sheaf Gamma...") != null) {
      choose("Plugins>Sheaf", "Sheaf Gamma...");
      Dialog error = Ui.dialog("Sheaf");
      Ui.check(Ui.texts(error).contains("No plugin brings the operation \"equalize.gamma\" any more"), Ui.texts(error));
      Ui.key(KeyEvent.VK_ENTER);
      Ui.gone(error);
    }
    Ui.check(!new java.io.File(IJ.getDirectory("plugins"), "Sheaf/Sheaf_User.jar").exists(), "the menu of the next start still has the command");
  }
}
