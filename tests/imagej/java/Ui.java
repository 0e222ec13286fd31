import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.plugin.frame.Recorder;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.EventQueue;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.TextField;
import java.awt.Toolkit;
import java.awt.Window;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;

/** A user at the screen: finds windows, clicks, types, and waits for what should happen. */
final class Ui {
  private static final int PATIENCE_MS = 30000;
  static Robot robot;

  private Ui() {}

  /** Ends the program with a picture of the screen. */
  static void fail(String text) {
    System.err.println("FAILED: " + text);
    try {
      File picture = new File(System.getProperty("test.work"), "failure.png");
      ImageIO.write(new Robot().createScreenCapture(new Rectangle(Toolkit.getDefaultToolkit().getScreenSize())), "png", picture);
      System.err.println("screen: " + picture);
    } catch (Exception e) {
      System.err.println("no picture of the screen: " + e);
    }
    if (IJ.getLog() != null) System.err.println("Log window:\n" + IJ.getLog());
    Runtime.getRuntime().halt(1);
  }

  static void check(boolean condition, String text) {
    if (!condition) fail(text);
  }

  static void same(Object expected, Object actual, String what) {
    check(expected.equals(actual), what + ": expected <" + expected + ">, but it is <" + actual + ">");
  }

  /** A dialog that nobody expects must not keep the machine waiting. */
  static void watchdog(int seconds) throws Exception {
    robot = new Robot();
    robot.setAutoDelay(15);
    Thread thread = new Thread(() -> {
      pause(1000 * seconds);
      for (java.util.Map.Entry<Thread, StackTraceElement[]> e : Thread.getAllStackTraces().entrySet()) {
        if (!e.getKey().isDaemon()) System.err.println(e.getKey().getName() + " " + java.util.Arrays.toString(e.getValue()));
      }
      fail("not finished after " + seconds + " seconds");
    });
    thread.setDaemon(true);
    thread.start();
  }

  static void pause(int ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until the answer is neither null nor false. */
  static <T> T await(String what, Callable<T> question) {
    long end = System.currentTimeMillis() + PATIENCE_MS;
    while (System.currentTimeMillis() < end) {
      try {
        T answer = question.call();
        if (answer != null && !Boolean.FALSE.equals(answer)) return answer;
      } catch (Exception e) {
        // not there yet
      }
      pause(20);
    }
    fail("waited in vain for " + what);
    return null;
  }

  /** ImageJ's, made where it is made for a user: on another thread its text and a window's event may lock one another out. */
  static Recorder recorder() {
    EventQueue.invokeLater(Recorder::new);
    return await("the recorder", () -> {
      Recorder recorder = Recorder.getInstance();
      return recorder != null && recorder.isShowing() && Recorder.record ? recorder : null;
    });
  }

  static Dialog dialog(String title) {
    Dialog dialog = await("the dialog \"" + title + "\"", () -> find(title));
    pause(150); // its components get their places
    return dialog;
  }

  static Dialog find(String title) {
    for (Window w : Window.getWindows()) {
      if (w instanceof Dialog && w.isShowing() && ((Dialog) w).getTitle().equals(title)) return (Dialog) w;
    }
    return null;
  }

  static void gone(Dialog dialog) {
    await("the end of the dialog \"" + dialog.getTitle() + "\"", () -> !dialog.isShowing());
  }

  /** All components of a type, in the order of the dialog. */
  static <T extends Component> List<T> all(Container container, Class<T> type) {
    List<T> found = new ArrayList<>();
    for (Component c : container.getComponents()) {
      if (type.isInstance(c)) found.add(type.cast(c));
      if (c instanceof Container) found.addAll(all((Container) c, type));
    }
    return found;
  }

  static String texts(Container container) {
    StringBuilder text = new StringBuilder();
    for (Component c : container.getComponents()) {
      if (c instanceof java.awt.Label) text.append(((java.awt.Label) c).getText()).append('\n');
      if (c instanceof Checkbox) text.append(((Checkbox) c).getLabel()).append('\n');
      if (c instanceof ij.gui.MultiLineLabel) text.append(lines((ij.gui.MultiLineLabel) c)).append('\n');
      if (c instanceof Container) text.append(texts((Container) c));
    }
    return text.toString();
  }

  /** ImageJ's label keeps its lines to itself. */
  private static String lines(ij.gui.MultiLineLabel label) {
    try {
      java.lang.reflect.Field field = ij.gui.MultiLineLabel.class.getDeclaredField("lines");
      field.setAccessible(true);
      return String.join(" ", (String[]) field.get(label));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  static Button button(Container dialog, String label) {
    for (Button b : all(dialog, Button.class)) {
      if (b.getLabel().trim().equals(label)) return b;
    }
    fail("there is no button " + label);
    return null;
  }

  static Checkbox checkbox(Container dialog, String label) {
    for (Checkbox b : all(dialog, Checkbox.class)) {
      if (b.getLabel().trim().equals(label)) return b;
    }
    fail("there is no checkbox " + label);
    return null;
  }

  static void click(Component component) {
    Point corner = component.getLocationOnScreen();
    // a checkbox is wider than its box
    int x = component instanceof Checkbox ? 12 : component.getWidth() / 2;
    robot.mouseMove(corner.x + x, corner.y + component.getHeight() / 2);
    robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
    robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
    robot.waitForIdle();
  }

  static void key(int code) {
    robot.keyPress(code);
    robot.keyRelease(code);
    robot.waitForIdle();
  }

  /** Replaces the text of a field by typing. */
  static void type(TextField field, String text) {
    click(field);
    await("the field to have the focus", field::isFocusOwner);
    key(KeyEvent.VK_END);
    for (int n = field.getText().length(); n > 0; n--) key(KeyEvent.VK_BACK_SPACE);
    for (char c : text.toCharArray()) key(KeyEvent.getExtendedKeyCodeForChar(c));
    await("the text " + text, () -> field.getText().equals(text));
  }

  /** Fills a field as the button Browse beside it does. */
  static void browse(TextField field, String path) {
    field.setText(path);
    await("the text " + path, () -> field.getText().equals(path));
    pause(100); // the dialog hears of it
  }

  /** Picks an item with the keyboard. */
  static void choose(Choice choice, int index) {
    int steps = index - choice.getSelectedIndex();
    click(choice);
    pause(200);
    for (int i = 0; i < Math.abs(steps); i++) key(steps > 0 ? KeyEvent.VK_DOWN : KeyEvent.VK_UP);
    key(KeyEvent.VK_ENTER);
    await("item " + index, () -> choice.getSelectedIndex() == index);
  }

  // ---- images --------------------------------------------------------------------------

  static ImagePlus stack(int bits, int count) {
    ImageStack stack = new ImageStack(120, 90);
    for (int n = 0; n < count; n++) {
      ImageProcessor ip = bits == 8 ? new ByteProcessor(120, 90) : new ShortProcessor(120, 90);
      for (int y = 0; y < 90; y++) {
        for (int x = 0; x < 120; x++) ip.set(x, y, (x + 2 * y + 10 * n) % 200 * (bits == 8 ? 1 : 100));
      }
      stack.addSlice("image " + (n + 1), ip);
    }
    ImagePlus image = new ImagePlus("cells.tif", stack);
    image.show();
    await("the window of the image", () -> image.getWindow() != null && image.getWindow().isShowing());
    return image;
  }

  static ImagePlus image(String title) {
    return await("the image " + title, () -> WindowManager.getImage(title));
  }

  static boolean samePixels(ImagePlus a, ImagePlus b) {
    for (int n = 1; n <= a.getStackSize(); n++) {
      ImageProcessor pa = a.getStack().getProcessor(n);
      ImageProcessor pb = b.getStack().getProcessor(n);
      for (int i = 0; i < pa.getPixelCount(); i++) {
        if (pa.get(i) != pb.get(i)) return false;
      }
    }
    return a.getStackSize() == b.getStackSize();
  }

  static void closeAll() {
    for (int id : WindowManager.getIDList() == null ? new int[0] : WindowManager.getIDList()) {
      ImagePlus image = WindowManager.getImage(id);
      image.changes = false;
      image.close();
    }
    closeTables();
  }

  static void closeTables() {
    for (java.awt.Frame frame : WindowManager.getNonImageWindows()) {
      if (frame instanceof ij.text.TextWindow) ((ij.text.TextWindow) frame).close(false);
    }
  }
}
