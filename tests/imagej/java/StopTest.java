import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.process.FloatProcessor;
import java.awt.Dialog;
import java.awt.event.KeyEvent;
import java.lang.reflect.Field;
import java.util.Random;

/** Runs that are stopped, or meet each other. */
final class StopTest {
  private StopTest() {}

  static void escape() {
    Scenario.refresh();
    for (int round = 0; round < 3; round++) {
      Ui.closeAll();
      ImagePlus image = Ui.stack(8, 3);
      Thread macro = null;
      boolean fromMacro = round == 2;
      if (fromMacro) {
        macro = new Thread(() -> IJ.runMacro("run('Sheaf Test Slow...', 'seconds=60'); newImage('not reached', '8-bit', 9, 9, 1);"), "macro");
        macro.start();
      } else {
        Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Slow...");
        Dialog dialog = Ui.dialog("Sheaf Test Slow");
        Ui.type(Scenario.field(dialog, 0), "60");
        Ui.click(Ui.button(dialog, "OK"));
        Ui.gone(dialog);
      }
      Ui.await("progress", () -> image.isLocked() && Scenario.status().contains("Sheaf Test Slow"));
      Ui.check(Scenario.status().contains("Esc stops"), Scenario.status());
      Ui.pause(400);
      image.getWindow().toFront();
      Ui.click(image.getCanvas());
      Ui.key(KeyEvent.VK_ESCAPE);
      Ui.await("the run to stop", () -> !image.isLocked());
      if (macro != null) {
        Thread running = macro;
        Ui.await("the macro to end", () -> !running.isAlive());
      }
      Ui.pause(300);
      Ui.same(1, WindowManager.getImageCount(), "images after Esc");
      Ui.same(0, Scenario.tables(), "tables after Esc");
      // nothing is broken: the next command works
      IJ.run(image, "Sheaf Test Copy", "");
      Ui.check(Ui.samePixels(image, Ui.image("cells-copy")), "the next command");
    }
  }

  /** Esc that closes the dialog of another command is no Esc for the run. */
  static void escapeOfADialog() {
    Scenario.refresh();
    ImagePlus busy = Ui.stack(8, 3);
    Thread run = new Thread(() -> IJ.run(busy, "Sheaf Test Slow...", "seconds=60"), "user");
    run.start();
    Ui.await("the run", busy::isLocked);
    ImagePlus other = busy.duplicate();
    other.setTitle("other");
    other.show();
    for (int round = 0; round < 6; round++) {
      other.getWindow().toFront();
      WindowManager.setCurrentWindow(other.getWindow());
      Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Slow...");
      Dialog dialog = Ui.dialog("Sheaf Test Slow");
      Ui.click(Scenario.field(dialog, 0));
      Ui.key(KeyEvent.VK_ESCAPE);
      Ui.gone(dialog);
      Ui.pause(250);
      Ui.check(busy.isLocked() && run.isAlive(), "the run has stopped in round " + round);
    }
    busy.getWindow().toFront();
    Ui.click(busy.getCanvas());
    Ui.key(KeyEvent.VK_ESCAPE);
    Ui.await("the run to stop", () -> !busy.isLocked() && !run.isAlive());
  }

  /** A real operation on a collection that keeps it busy. */
  static void escapeAlign() {
    ImagePlus image = noise(700, 40);
    for (String command : new String[] {"Sheaf Align...", "Sheaf Equalize..."}) {
      Thread thread = new Thread(() -> IJ.run(image, command, command.equals("Sheaf Align...") ? "model=affine reference=mean" : " "), "user");
      thread.start();
      Ui.await("the run", image::isLocked);
      Ui.pause(150);
      if (!image.isLocked()) continue; // done before anybody could stop it
      image.getWindow().toFront();
      IJ.setKeyDown(KeyEvent.VK_ESCAPE);
      Ui.await("the run to stop", () -> !image.isLocked() && !thread.isAlive());
      Ui.same(1, WindowManager.getImageCount(), "images after stopping " + command);
      Ui.same(0, Scenario.tables(), "tables after stopping " + command);
    }
  }

  /** Esc comes at any moment: what was stopped leaves nothing, what was done is complete, and the next run works. */
  static void escapeAtAnyMoment() {
    ImagePlus image = noise(300, 20);
    String[][] commands = {{"Sheaf Align...", "model=affine reference=mean", "noise-aligned"}, {"Sheaf Equalize...", " ", "noise-equalized"}, {"Sheaf Threshold...", "method=multi_otsu classes=5 scope=all regions=overlay", "noise-labels"}, {"Sheaf Cluster...", "k=3", "Scatter of noise"}};
    Random random = new Random(1);
    int stopped = 0;
    for (int round = 0; round < 24; round++) {
      String[] command = commands[round % commands.length];
      Thread thread = new Thread(() -> IJ.run(image, command[0], command[1]), "user");
      thread.start();
      Ui.await("the run", () -> image.isLocked() || !thread.isAlive());
      Ui.pause(random.nextInt(round < 4 ? 20 : 250));
      IJ.setKeyDown(KeyEvent.VK_ESCAPE);
      Ui.await("the run to end", () -> !image.isLocked() && !thread.isAlive());
      IJ.setKeyUp(KeyEvent.VK_ESCAPE);
      boolean done = WindowManager.getImage(command[2]) != null;
      stopped += done ? 0 : 1;
      String what = command[0] + " in round " + round;
      Ui.same(done ? 1 : 0, Scenario.tables(), "tables after " + what);
      Ui.same(done ? command[2].startsWith("Scatter") ? 4 : 2 : 1, WindowManager.getImageCount(), "images after " + what);
      Ui.check(image.getOverlay() == null, "an overlay on the input after " + what);
      Scenario.closeResults(image);
    }
    System.out.println(stopped + " of 24 runs were stopped");
    Ui.check(stopped > 2, "only " + stopped + " runs were stopped");
    IJ.run(image, commands[0][0], commands[0][1]);
    Ui.image(commands[0][2]);
  }

  /** Whatever takes longer than a moment shows how far it is, and clears that away. */
  static void progress() throws ReflectiveOperationException {
    Scenario.refresh();
    Field shown = ij.gui.ProgressBar.class.getDeclaredField("showBar");
    shown.setAccessible(true);
    ImagePlus image = noise(600, 30);
    String[][] commands = {{"Sheaf Test Slow...", "seconds=2"}, {"Sheaf Align...", "model=affine reference=mean"}};
    for (String[] command : commands) {
      String name = command[0].replace("...", "");
      Thread thread = new Thread(() -> IJ.run(image, command[0], command[1]), "user");
      long start = System.currentTimeMillis();
      thread.start();
      Ui.await("progress of " + name, () -> Scenario.status().startsWith(name + ": ") && Scenario.status().endsWith("(Esc stops)") && shown.getBoolean(IJ.getInstance().getProgressBar()));
      long ms = System.currentTimeMillis() - start;
      Ui.check(ms > 250, name + " showed progress after " + ms + " ms already");
      System.out.println(name + " showed progress after " + ms + " ms");
      Ui.await("the end", () -> !thread.isAlive());
      Ui.await("the progress bar to vanish", () -> !shown.getBoolean(IJ.getInstance().getProgressBar()));
      Ui.check(Scenario.status().matches(name + ": [0-9.]+ seconds"), Scenario.status());
    }
  }

  /** Whoever interrupts a macro's thread stops the whole macro, as Esc does. */
  static void interrupt() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 3);
    for (String name : new String[] {"worker", "Run$_Macro$"}) {
      Thread macro = new Thread(() -> {
        IJ.runMacro("run('Sheaf Test Slow...', 'seconds=60'); newImage('not reached', '8-bit', 9, 9, 1);");
      }, name);
      macro.start();
      Ui.await("progress", () -> image.isLocked() && Scenario.status().contains("Sheaf Test Slow"));
      macro.interrupt();
      Ui.await("the macro to end", () -> !macro.isAlive());
      Ui.check(!image.isLocked(), "the image is locked");
      Ui.same("[cells.tif]", java.util.Arrays.toString(WindowManager.getImageTitles()), "images after the interrupt of " + name);
    }
    IJ.run(image, "Sheaf Test Copy", "");
    Ui.check(Ui.samePixels(image, Ui.image("cells-copy")), "the next command");
  }

  private static ImagePlus noise(int size, int count) {
    ImageStack images = new ImageStack(size, size);
    for (int n = 0; n < count; n++) {
      FloatProcessor ip = new FloatProcessor(size, size);
      ip.noise(100 + n);
      images.addSlice("", ip);
    }
    ImagePlus image = new ImagePlus("noise", images);
    image.show();
    return image;
  }

  static void closing() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Slow...");
    Dialog dialog = Ui.dialog("Sheaf Test Slow");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Ui.await("the run", () -> Scenario.status().contains("Sheaf Test Slow"));
    image.changes = false;
    image.getWindow().close();
    Dialog error = Ui.dialog("Sheaf Test Slow");
    Ui.check(Ui.texts(error).replace("\n", " ").contains("cells.tif was closed while Sheaf Test Slow worked on it; the run was stopped"), Ui.texts(error));
    Ui.check(!image.isLocked(), "the closed image is locked");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.same(0, WindowManager.getImageCount(), "images");
    Ui.same(0, Scenario.tables(), "tables");
  }

  /** A macro closes the image whose dialog, with its preview, is open. */
  static void closingBeforeOk() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf>Equalization", "Sheaf Gamma...");
    Dialog dialog = Ui.dialog("Sheaf Gamma");
    Ui.click(Ui.checkbox(dialog, "Preview"));
    Ui.pause(500);
    image.changes = false;
    new Interpreter().run("close('cells.tif');");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Dialog error = Ui.dialog("Sheaf Gamma");
    Ui.check(Ui.texts(error).replace("\n", " ").contains("cells.tif was closed while the dialog of Sheaf Gamma was open"), Ui.texts(error));
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.check(!image.isLocked(), "the closed image is locked");
    Ui.same(0, WindowManager.getImageCount(), "images");
  }

  static void secondRun() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 3);
    Thread slow = new Thread(() -> IJ.run(image, "Sheaf Test Slow...", "seconds=3"));
    slow.start();
    Ui.await("the first run", image::isLocked);
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Copy");
    Dialog error = Ui.dialog("Sheaf Test Copy");
    Ui.check(Ui.texts(error).replace("\n", " ").contains("cells.tif is in use: another command is working on it; wait until it has finished"), Ui.texts(error));
    Ui.check(image.isLocked(), "the first run has lost its lock");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(error);
    Ui.image("cells-slow");
    Ui.await("the image to be free", () -> !image.isLocked());
  }
}
