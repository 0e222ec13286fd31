import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.gui.Toolbar;
import ij.io.FileSaver;
import ij.macro.Interpreter;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import java.awt.Color;
import java.awt.Frame;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;
import java.util.concurrent.CountDownLatch;

/** Tools whose image is locked, closed, cropped, virtual, or not the only one; nothing is lost, and no image stays locked. */
final class TroubleTest {
  private static final String MENU = "Plugins>Sheaf>Segmentation";
  private static final int SIDE = 120;
  private static volatile Throwable uncaught;

  private TroubleTest() {}

  /** Another command is working on the image: the tools only look at it; what is to run on it says one sentence. */
  static void lockedImages() throws Exception {
    ImagePlus image = shown("locked.tif", 3);
    ImagePlus labels = new ImagePlus("locked-labels", halves());
    labels.show();
    CountDownLatch done = new CountDownLatch(1);
    Thread other = new Thread(() -> {
      image.lock();
      labels.lock();
      try {
        done.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      image.unlock();
      labels.unlock();
    });
    other.start();
    Ui.await("the other command", labels::isLocked);
    Scenario.select(image);
    String inUse = " is in use: another command is working on it; wait until it has finished";
    for (String command : new String[] {"Sheaf Threshold...", "Sheaf Align...", "Sheaf GrabCut...", "Sheaf Template Painting..."}) {
      String options = command.contains("Template") ? "template=[" + template() + "] segment=[" + template() + "]" : " ";
      Ui.same("locked.tif" + inUse, error("run('" + command + "', '" + options + "');"), command);
    }
    Ui.same("locked.tif", WindowManager.getCurrentImage().getTitle(), "the current image");
    String cut = "call('sheaf.GrabCut.open'); call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);";
    Ui.same("", error(cut + "area = call('sheaf.GrabCut.iterate', 2); call('sheaf.GrabCut.finish');"), "GrabCut on a locked image");
    Ui.same(1, Ui.image("locked-labels-1").getProcessor().get(60, 60), "the object");
    Scenario.select(image);
    Ui.same("", error("call('sheaf.Paint.open', 'locked-labels'); area = call('sheaf.Paint.fill', 5, 5);"), "Paint on a locked image");
    Ui.same("locked.tif" + inUse, error("run('Sheaf Template Painting...', 'template=[" + template() + "] segment=[" + template() + "]');"), "templates");
    Ui.same("", error("call('sheaf.Paint.quit');"), "the end of Paint");
    Ui.check(image.isLocked() && labels.isLocked(), "the other command has lost its lock");
    done.countDown();
    other.join();
    Ui.check(!image.isLocked() && !labels.isLocked(), "an image is still locked");
    Ui.same("", error("run('Sheaf Threshold...', ' ');"), "a command afterwards");
    finish();
  }

  /** Closing the labels, or everything, while painting; closing an image that is being cut. */
  static void closedImages() throws Exception {
    watch();
    File folder = new File(System.getProperty("test.work"), "closed");
    folder.mkdirs();
    for (boolean each : new boolean[] {false, true}) {
      ImagePlus image = saved(folder, "closed.tif", 3);
      ImageStack stack = new ImageStack(SIDE, SIDE);
      for (int n = 0; n < (each ? 3 : 1); n++) stack.addSlice(halves());
      ImagePlus labels = new ImagePlus("halves", stack);
      labels.show();
      ToolsTest.ready(image);
      new Interpreter().run("call('sheaf.Paint.open', 'halves');");
      Frame window = ToolsTest.frame("Paint of closed.tif");
      Toolbar.setForegroundColor(Color.red);
      new Interpreter().run("call('sheaf.Paint.cut', '0,60,119,60'); area = call('sheaf.Paint.fill', 5, 5);");
      labels.changes = false;
      labels.close();
      Ui.pause(300);
      // painting goes on, also on slices that were not yet looked at
      Scenario.select(image);
      new Interpreter().run("call('sheaf.Paint.next'); area = call('sheaf.Paint.fill', 100, 5);");
      ToolsTest.painted(image, 100, 5, 0xff0000);
      ToolsTest.painted(image, 5, 5, -1);
      // everything is closed at once
      Scenario.select(image);
      image.changes = false;
      new Interpreter().run("close('*');");
      Ui.await("the end of the tool", () -> !window.isShowing());
      Ui.await("what was painted", () -> new File(folder, "closed_paint.zip").isFile());
      ImagePlus again = IJ.openImage(new File(folder, "closed.tif").getPath());
      again.show();
      new ImagePlus("halves", halves()).show();
      ToolsTest.ready(again);
      new Interpreter().run("call('sheaf.Paint.open', 'halves');");
      ToolsTest.painted(again, 5, 5, 0xff0000);
      ToolsTest.painted(again, 5, 60, -1);
      ToolsTest.painted(again, 5, 70, -1);
      again.setSlice(2);
      ToolsTest.painted(again, 100, 5, 0xff0000);
      new Interpreter().run("call('sheaf.Paint.quit');");
      Ui.closeAll();
      Ui.check(new File(folder, "closed_paint.zip").delete(), "the saved painting");
    }
    // both are closed before anybody hears of either
    ImagePlus image = saved(folder, "closed.tif", 1);
    ImagePlus labels = new ImagePlus("halves", halves());
    labels.show();
    ToolsTest.ready(image);
    new Interpreter().run("call('sheaf.Paint.open', 'halves'); call('sheaf.Paint.cut', '0,60,119,60'); area = call('sheaf.Paint.fill', 5, 5);");
    java.awt.EventQueue.invokeAndWait(() -> {
      for (ImagePlus imp : new ImagePlus[] {labels, image}) {
        imp.changes = false;
        imp.close();
      }
    });
    Ui.await("what was painted", () -> new File(folder, "closed_paint.zip").isFile());

    ImagePlus cut = shown("cut.tif", 1);
    Scenario.choose(MENU, "Sheaf GrabCut Tool");
    Frame window = ToolsTest.frame("GrabCut of cut.tif");
    ToolsTest.ready(cut);
    new Interpreter().run("call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);");
    Ui.key(KeyEvent.VK_SPACE); // and while the iteration works
    cut.changes = false;
    cut.close();
    Ui.await("the end of the tool", () -> !window.isShowing());
    Ui.pause(500);
    Ui.same("There are no images open", error("area = call('sheaf.GrabCut.iterate', 1);"), "a call without an image");
    finish();
  }

  /** A crop ends the tool: what it holds belongs to another frame. */
  static void croppedImages() throws Exception {
    watch();
    ImagePlus image = shown("cropped.tif", 1);
    ToolsTest.ready(image);
    new Interpreter().run("call('sheaf.GrabCut.open'); call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);");
    Frame window = ToolsTest.frame("GrabCut of cropped.tif");
    Scenario.select(image);
    new Interpreter().run("makeRectangle(5, 5, 100, 100); run('Crop');");
    String message = error("area = call('sheaf.GrabCut.iterate', 1);");
    Ui.check(message.startsWith("image: cropped.tif is not being cut"), message);
    Ui.await("the end of the tool", () -> !window.isShowing());
    Ui.check(image.getOverlay() == null, "the picture of the tool is still over the image");
    finish();
  }

  /** Keys go to the tool of the image in front; a cut that was begun on one image does not end on another. */
  static void twoImages() throws Exception {
    watch();
    ImagePlus first = shown("first.tif", 1);
    ImagePlus second = shown("second.tif", 1);
    Scenario.select(first);
    Scenario.choose(MENU, "Sheaf GrabCut Tool");
    Frame one = ToolsTest.frame("GrabCut of first.tif");
    place(first, 300);
    place(second, 500);
    // a drag on the other image begins there, too; its window comes beside it
    ToolsTest.click(second, 5, 5, InputEvent.BUTTON1_DOWN_MASK);
    Frame two = ToolsTest.frame("GrabCut of second.tif");
    new Interpreter().run("selectImage('first.tif'); call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);");
    Scenario.select(second);
    Ui.key(KeyEvent.VK_Q);
    Ui.await("the end of the second tool", () -> !two.isShowing());
    Ui.check(one.isShowing(), "the first tool has ended, too");
    Scenario.select(first);
    Ui.key(KeyEvent.VK_SPACE);
    Ui.await("the foreground", () -> Scenario.status().contains("pixels of foreground"));
    Ui.key(KeyEvent.VK_F);
    Ui.same(1, Ui.image("first-labels").getProcessor().get(60, 60), "the object");
    Ui.image("first-labels").close();

    new ImagePlus("halves", halves()).show();
    for (String name : new String[] {"first.tif", "second.tif"}) new Interpreter().run("selectImage('" + name + "'); call('sheaf.Paint.open', 'halves');");
    Scenario.select(first);
    Toolbar.setForegroundColor(Color.red);
    IJ.setTool("Sheaf Paint Tool");
    if (!IJ.getToolName().equals("Sheaf Paint Tool")) Scenario.choose(MENU, "Sheaf Paint Tool");
    place(first, 300);
    place(second, 500);
    ToolsTest.click(first, 10, 10, InputEvent.BUTTON2_DOWN_MASK);
    ToolsTest.click(second, 10, 100, InputEvent.BUTTON2_DOWN_MASK);
    ToolsTest.click(second, 50, 100, InputEvent.BUTTON2_DOWN_MASK);
    Scenario.select(second);
    // one cut, from the second click on this image
    Ui.same("", error("call('sheaf.Paint.undo');"), "undo of the cut");
    Ui.same("undo: there is nothing to undo", error("call('sheaf.Paint.undo');"), "a second cut");
    // continuous filling stays with its image
    ToolsTest.doubleClick(first, 10, 10, InputEvent.BUTTON1_DOWN_MASK);
    ToolsTest.painted(first, 10, 10, 0xff0000);
    ToolsTest.move(second, 100, 50);
    Ui.pause(300);
    ToolsTest.painted(second, 100, 50, -1);
    finish();
  }

  /** Keys are for the tool that is chosen, each undoes its own work; commands do not take the tools' pictures along. */
  static void twoToolsOnOneImage() throws Exception {
    watch();
    ImagePlus image = shown("both.tif", 1);
    new ImagePlus("halves", halves()).show();
    ToolsTest.ready(image);
    Scenario.choose(MENU, "Sheaf GrabCut Tool");
    Frame cut = ToolsTest.frame("GrabCut of both.tif");
    new Interpreter().run("call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);");
    ToolsTest.ready(image);
    Scenario.choose(MENU, "Sheaf Paint Tool");
    Frame paint = ToolsTest.frame("Paint of both.tif");
    Toolbar.setForegroundColor(Color.red);
    ToolsTest.ready(image);
    ToolsTest.click(image, 10, 10, InputEvent.BUTTON1_DOWN_MASK);
    Ui.same(2, image.getOverlay().size(), "pictures");
    Ui.same("", error("run('Sheaf Threshold...', ' ');"), "a command");
    Ui.check(Ui.image("both-labels").getOverlay() == null, "the result has the pictures of the tools");
    Ui.image("both-labels").close();
    ToolsTest.ready(image);
    ToolsTest.click(image, 10, 10, InputEvent.BUTTON3_DOWN_MASK); // once, though there are two tools
    Ui.key(KeyEvent.VK_Z);
    Ui.key(KeyEvent.VK_Z);
    Ui.pause(200);
    Ui.same("undo: there is nothing to undo", error("call('sheaf.Paint.undo');"), "undo of both");
    Ui.key(KeyEvent.VK_Q);
    Ui.await("the end of Paint", () -> !paint.isShowing());
    Ui.check(cut.isShowing(), "GrabCut has ended, too");
    ToolsTest.ready(image);
    Ui.key(KeyEvent.VK_Z);
    Ui.pause(200);
    Ui.same("undo: there is nothing to undo", error("call('sheaf.GrabCut.undo');"), "undo of the rectangle");
    finish();
  }

  /** On a virtual stack the tools give what they give on one in memory. */
  static void virtualImages() throws Exception {
    watch();
    File folder = new File(System.getProperty("test.work"), "virtual");
    folder.mkdirs();
    ImagePlus memory = saved(folder, "memory.tif", 3);
    String path = new File(folder, "memory.tif").getPath();
    ImagePlus[] results = new ImagePlus[2];
    for (int i = 0; i < 2; i++) {
      ImagePlus image = i == 0 ? memory : IJ.openVirtual(path);
      image.show();
      Ui.same(i == 1, image.getStack().isVirtual(), "virtual");
      ToolsTest.ready(image);
      new Interpreter().run("setSlice(2); call('sheaf.GrabCut.open'); call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);"
          + " call('sheaf.GrabCut.stroke', 'background', 3, '55,60,65,60'); area = call('sheaf.GrabCut.iterate', 3);"
          + " call('sheaf.GrabCut.finish', 'separate'); rename('cut" + i + "');");
      results[i] = Ui.image("cut" + i);
      new FileSaver(new ImagePlus("halves", pair())).saveAsTiffStack(new File(folder, "halves.tif").getPath());
      ImagePlus labels = i == 0 ? IJ.openImage(new File(folder, "halves.tif").getPath()) : IJ.openVirtual(new File(folder, "halves.tif").getPath());
      labels.show();
      Scenario.select(image);
      Toolbar.setForegroundColor(Color.red);
      new Interpreter().run("call('sheaf.Paint.open', 'halves.tif'); area = call('sheaf.Paint.fill', 5, 5);");
      labels.close();
      Scenario.select(image);
      new Interpreter().run("call('sheaf.Paint.next'); area = call('sheaf.Paint.fill', 100, 5); call('sheaf.Paint.quit');");
      Ui.same(2, image.getOverlay().size(), "painted selections");
      image.changes = false;
      image.close();
      new File(folder, "memory_paint.zip").delete();
    }
    Ui.check(Ui.samePixels(results[0], results[1]), "a virtual stack is cut in another way");
    finish();
    // its file goes while the tool works, of which ImageJ itself tells the log alone
    File gone = new File(folder, "gone.tif");
    java.nio.file.Files.copy(new File(path).toPath(), gone.toPath(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    ImagePlus image = IJ.openVirtual(gone.getPath());
    image.show();
    ToolsTest.ready(image);
    new Interpreter().run("call('sheaf.GrabCut.open'); call('sheaf.GrabCut.rectangle', 30, 30, 60, 60);");
    Ui.check(gone.delete(), "the file");
    Ui.same("image 1 of gone.tif could not be read: the file " + gone + " is gone", error("area = call('sheaf.GrabCut.iterate', 1);"), "a file that is gone");
    Ui.same("", error("call('sheaf.GrabCut.quit');"), "the end of the tool");
    Ui.check(!image.isLocked() && uncaught == null, "the image is locked, or there was an exception: " + uncaught);
  }

  // ---- helpers ---------------------------------------------------------------------------

  /** What the lines end with: "" or the message. */
  private static String error(String lines) {
    Interpreter macro = new Interpreter();
    macro.setIgnoreErrors(true);
    macro.run(lines);
    String message = macro.getErrorMessage();
    return message == null ? "" : message.replace("\n", " ");
  }

  private static void watch() {
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {
      e.printStackTrace();
      uncaught = e;
    });
  }

  /** Nothing stays locked, and nothing went wrong unseen. */
  private static void finish() {
    for (int id : WindowManager.getIDList() == null ? new int[0] : WindowManager.getIDList()) {
      ImagePlus image = WindowManager.getImage(id);
      Ui.check(!image.isLocked(), image.getTitle() + " is locked");
    }
    Ui.check(uncaught == null, "there was an exception: " + uncaught);
    Ui.check(IJ.getLog() == null, "the log says: " + IJ.getLog());
  }

  private static void place(ImagePlus image, int x) {
    image.getWindow().setLocation(x, 300);
    image.getCanvas().setMagnification(1);
    Ui.pause(200);
  }

  private static ImagePlus shown(String title, int slices) {
    ImageStack stack = new ImageStack(SIDE, SIDE);
    for (int n = 0; n < slices; n++) stack.addSlice(cell(n));
    ImagePlus image = new ImagePlus(title, stack);
    image.show();
    Ui.await("the window of the image", () -> image.getWindow() != null && image.getWindow().isShowing());
    return image;
  }

  private static ImagePlus saved(File folder, String title, int slices) {
    ImagePlus image = shown(title, slices);
    File file = new File(folder, title);
    if (slices > 1) new FileSaver(image).saveAsTiffStack(file.getPath());
    else new FileSaver(image).saveAsTiff(file.getPath());
    image.changes = false;
    image.close();
    ImagePlus opened = IJ.openImage(file.getPath());
    opened.show();
    return opened;
  }

  private static String template() {
    File file = new File(System.getProperty("test.work"), "template.png");
    if (!file.isFile()) {
      ColorProcessor ip = new ColorProcessor(9, 9);
      for (int i = 20; i < 60; i++) ip.set(i, 0xff8000 + i);
      new FileSaver(new ImagePlus("template", ip)).saveAsPng(file.getPath());
    }
    return file.getPath();
  }

  /** A bright disk on textured ground. */
  private static ByteProcessor cell(int n) {
    ByteProcessor ip = new ByteProcessor(SIDE, SIDE);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        boolean inside = (x - 60) * (x - 60) + (y - 60) * (y - 60) < 400;
        ip.set(x, y, (inside ? 170 : 40) + (7 * x + 13 * y + x * y + 3 * n) % 29);
      }
    }
    return ip;
  }

  private static ByteProcessor halves() {
    ByteProcessor ip = new ByteProcessor(SIDE, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) ip.set(i, 1 + i % SIDE / 60);
    return ip;
  }

  private static ImageStack pair() {
    ImageStack stack = new ImageStack(SIDE, SIDE);
    for (int n = 0; n < 3; n++) stack.addSlice(halves());
    return stack;
  }
}
