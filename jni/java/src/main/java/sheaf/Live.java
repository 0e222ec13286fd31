package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.ImageCanvas;
import ij.gui.ImageRoi;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.gui.Toolbar;
import ij.plugin.frame.Recorder;
import ij.plugin.tool.PlugInTool;
import ij.process.ColorProcessor;
import java.awt.Button;
import java.awt.Component;
import java.awt.Dimension;
import java.awt.EventQueue;
import java.awt.Frame;
import java.awt.GraphicsEnvironment;
import java.awt.GridLayout;
import java.awt.Insets;
import java.awt.KeyEventDispatcher;
import java.awt.KeyboardFocusManager;
import java.awt.Label;
import java.awt.Panel;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.TextComponent;
import java.awt.Window;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.awt.event.MouseAdapter;
import java.awt.event.MouseEvent;
import java.awt.event.WindowAdapter;
import java.awt.event.WindowEvent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * What the interactive tools have in common: a picture laid over the shown slice, a window with buttons that does not
 * block, keys that work in it and in the image's window, and an end when the image is closed.
 */
abstract class Live implements ImageEvents.Watcher, KeyEventDispatcher {
  private static final String PICTURE = "sheaf live "; // and the tool's title: the name in the overlay

  final ImagePlus image;
  private final String title;
  private final Map<Character, Runnable> keys = new LinkedHashMap<>();
  private final Panel buttons = new Panel(new GridLayout(0, 2, 4, 4));
  private final Label message = new Label();
  private final RightButton rightButton = new RightButton();
  private final int[] size;
  private Frame window;
  private ImageCanvas canvas;
  private int shown;
  private int recordedSlice;
  private boolean closed;

  Live(ImagePlus image, String title) {
    this.image = image;
    this.title = title;
    size = sizeOf(image);
    ImageEvents.watch(this);
  }

  /** The image that a macro call is for. */
  static ImagePlus current() {
    ImagePlus image = WindowManager.getCurrentImage();
    if (image == null)
      throw SheafException.invalid(Messages.NO_IMAGE);
    return image;
  }

  /** Runs what a macro or a script calls: a failure ends it with its sentence. */
  static void guarded(Runnable action) {
    try {
      action.run();
    } catch (SheafException e) {
      Messages.endMacro(e, e.getMessage());
    }
  }

  /** The picture of the current slice, as ARGB. */
  abstract int[] picture();

  /** Whether this is the tool of the toolbar that it belongs to. */
  abstract boolean isOf(PlugInTool tool);

  /** Called once, when the tool is left or the image is closed. */
  abstract void end(boolean imageClosed);

  /** Adds a button and its key; call before {@link #openWindow}. */
  void button(String label, char key, Runnable action) {
    keys.put(key, action);
    Button button = new Button(label + " (" + (key == ' ' ? "space" : String.valueOf(key)) + ")");
    button.addActionListener(e -> perform(action));
    buttons.add(button);
  }

  void add(Component component) {
    buttons.add(component);
  }

  void openWindow(String hint) {
    if (GraphicsEnvironment.isHeadless() || image.getWindow() == null)
      return;
    window = new Frame(title + " of " + image.getTitle());
    window.setLayout(new java.awt.BorderLayout(6, 6));
    Panel hints = new Panel(new GridLayout(0, 1));
    for (String line : hint.split("\n")) hints.add(new Label(line));
    hints.add(message);
    window.add(hints, java.awt.BorderLayout.NORTH);
    window.add(buttons, java.awt.BorderLayout.CENTER);
    window.addWindowListener(new WindowAdapter() {
      @Override
      public void windowClosing(WindowEvent e) {
        perform(keys.getOrDefault('q', Live.this::close));
      }
    });
    window.pack();
    place();
    // the image stays the one that is worked on
    window.setFocusableWindowState(false);
    window.setVisible(true);
    window.setFocusableWindowState(true);
    WindowManager.addWindow(window);
    KeyboardFocusManager.getCurrentKeyboardFocusManager().addKeyEventDispatcher(this);
    canvas = image.getCanvas();
    canvas.disablePopupMenu(true);
    canvas.addMouseListener(rightButton);
    canvas.addMouseMotionListener(rightButton);
  }

  /** ImageJ keeps the right button for its menu and tells tools nothing of it. */
  private final class RightButton extends MouseAdapter {
    private void pass(MouseEvent e, BiConsumer<PlugInTool, MouseEvent> to) {
      PlugInTool tool = Toolbar.getPlugInTool();
      if (isOf(tool) && (e.getButton() == MouseEvent.BUTTON3 || (e.getModifiersEx() & InputEvent.BUTTON3_DOWN_MASK) != 0))
        to.accept(tool, e);
    }

    @Override
    public void mousePressed(MouseEvent e) {
      pass(e, (tool, event) -> tool.mousePressed(image, event));
    }

    @Override
    public void mouseDragged(MouseEvent e) {
      pass(e, (tool, event) -> tool.mouseDragged(image, event));
    }

    @Override
    public void mouseReleased(MouseEvent e) {
      pass(e, (tool, event) -> tool.mouseReleased(image, event));
    }
  }

  /** Beside the image where there is room. */
  private void place() {
    Rectangle at = image.getWindow().getBounds();
    Rectangle screen = image.getWindow().getGraphicsConfiguration().getBounds();
    Dimension size = window.getSize();
    Insets insets = image.getWindow().getInsets();
    Point p = new Point(at.x + at.width + 8, at.y + insets.top);
    if (p.x + size.width > screen.x + screen.width)
      p.x = Math.max(screen.x, at.x - size.width - 8);
    window.setLocation(p);
  }

  void say(String text) {
    if (window != null)
      message.setText(text);
    IJ.showStatus(title + ": " + text);
  }

  /** Runs an action of the user: what goes wrong is a sentence in a dialog. */
  void perform(Runnable action) {
    if (endIfChanged())
      return;
    try {
      action.run();
    } catch (SheafException e) {
      say(e.getMessage());
      Messages.error("Sheaf " + title, e.getMessage());
    }
  }

  /** Writes what the user did as a macro would do it. */
  void record(String function, Object... arguments) {
    recordAnswer(null, function, arguments);
  }

  /** @param variable takes what the function answers, which ImageJ prints in its log otherwise; null = nothing */
  void recordAnswer(String variable, String function, Object... arguments) {
    recordAnswer(image.getCurrentSlice(), variable, function, arguments);
  }

  /** @param n the slice it was done on */
  void recordAnswer(int n, String variable, String function, Object... arguments) {
    recordSlice(n);
    StringBuilder line = new StringBuilder();
    if (variable != null && !scripting())
      line.append(variable).append(" = ");
    line.append(scripting() ? "Packages." + function + "(" : "call(\"" + function + "\"");
    for (int i = 0; i < arguments.length; i++) {
      line.append(i > 0 || !scripting() ? ", " : "");
      line.append('"').append(Recorder.fixString(arguments[i].toString())).append('"');
    }
    writeLine(line.append(");\n").toString());
  }

  /** Does and records what may lead to another slice. */
  void recordStep(String function, Runnable action) {
    recordSlice(image.getCurrentSlice());
    action.run();
    if (recording())
      recordedSlice = image.getCurrentSlice();
    record(function);
  }

  /** Which slice the next line is for: ImageJ does not record that the user has browsed. */
  private void recordSlice(int n) {
    if (!recording() || image.getStackSize() == 1 || n == recordedSlice)
      return;
    writeLine((scripting() ? "IJ." : "") + "setSlice(" + n + ");\n");
    recordedSlice = n;
  }

  static boolean recording() {
    return !GraphicsEnvironment.isHeadless() && Recorder.record;
  }

  static boolean scripting() {
    return recording() && Recorder.scriptMode();
  }

  static void writeLine(String line) {
    if (recording())
      Recorder.recordString(line);
  }

  @Override
  public boolean dispatchKeyEvent(KeyEvent e) {
    Window focused = KeyboardFocusManager.getCurrentKeyboardFocusManager().getFocusedWindow();
    if (focused == null || (focused != window && (focused != image.getWindow() || isOthersTurn()))
        || e.getComponent() instanceof TextComponent)
      return false;
    char key = Character.toLowerCase(e.getKeyChar());
    if (!keys.containsKey(key) || e.isControlDown() || e.isAltDown() || e.isMetaDown())
      return false;
    if (e.getID() == KeyEvent.KEY_PRESSED)
      perform(keys.get(key));
    return true;
  }

  /** Whether the image has two tools, and the other one is chosen in the toolbar. */
  private boolean isOthersTurn() {
    PlugInTool tool = Toolbar.getPlugInTool();
    for (Live other : new Live[] {GrabCut.of(image), Paint.of(image)}) {
      if (other != null && other != this && other.isOf(tool))
        return true;
    }
    return false;
  }

  /** Lays the picture of the current slice over the image; other parts of the overlay stay. */
  void show() {
    if (closed)
      return;
    shown = image.getCurrentSlice();
    Overlay overlay = withoutPicture();
    int[] picture;
    try {
      picture = picture();
    } catch (SheafException e) {
      image.setOverlay(overlay); // the picture of another slice must not stay
      throw e;
    }
    ColorProcessor colours = new ColorProcessor(image.getWidth(), image.getHeight(), picture);
    ImageRoi roi = new ImageRoi(0, 0, picture(colours));
    roi.setName(PICTURE + title);
    overlay.add(roi);
    image.setOverlay(overlay);
  }

  private static java.awt.image.BufferedImage picture(ColorProcessor colours) {
    java.awt.image.BufferedImage out = new java.awt.image.BufferedImage(
        colours.getWidth(), colours.getHeight(), java.awt.image.BufferedImage.TYPE_INT_ARGB);
    out.setRGB(0, 0, colours.getWidth(), colours.getHeight(), (int[]) colours.getPixels(), 0, colours.getWidth());
    return out;
  }

  private Overlay withoutPicture() {
    return without(image.getOverlay(), PICTURE + title);
  }

  /** An overlay without the pictures of tools that are at work; not null. */
  static Overlay withoutPictures(Overlay overlay) {
    return without(overlay, PICTURE);
  }

  private static Overlay without(Overlay overlay, String beginning) {
    Overlay rest = overlay == null ? new Overlay() : overlay.duplicate();
    for (int i = rest.size() - 1; i >= 0; i--) {
      String name = rest.get(i).getName();
      if (name != null && name.startsWith(beginning))
        rest.remove(i);
    }
    return rest;
  }

  /** Selections in the overlay but the picture. */
  Roi[] marks() {
    return withoutPicture().toArray();
  }

  /** Ends the tool; the image and its other overlay stay. */
  void close() {
    if (closed)
      return;
    image.setOverlay(withoutPicture().size() == 0 ? null : withoutPicture());
    leave(false);
  }

  private void leave(boolean imageClosed) {
    closed = true;
    ImageEvents.forget(this);
    if (window != null) {
      KeyboardFocusManager.getCurrentKeyboardFocusManager().removeKeyEventDispatcher(this);
      WindowManager.removeWindow(window);
      canvas.disablePopupMenu(false);
      canvas.removeMouseListener(rightButton);
      canvas.removeMouseMotionListener(rightButton);
      Window gone = window;
      EventQueue.invokeLater(gone::dispose);
    }
    end(imageClosed);
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void imageClosed(ImagePlus imp) {
    if (imp == image && !closed)
      leave(true);
  }

  @Override
  public void imageUpdated(ImagePlus imp) {
    if (imp != image || closed || endIfChanged() || imp.getCurrentSlice() == shown)
      return;
    try {
      show();
    } catch (SheafException e) {
      say(e.getMessage()); // who only browses needs no dialog
    }
  }

  /** Ends the tool, and says so, if the image has no longer the size that it began with, after a crop for example. */
  final boolean endIfChanged() {
    if (closed || Arrays.equals(size, sizeOf(image)))
      return false;
    close();
    IJ.showStatus(title + ": ended, " + image.getTitle() + " has another size now");
    return true;
  }

  private static int[] sizeOf(ImagePlus image) {
    return new int[] {image.getWidth(), image.getHeight(), image.getStackSize()};
  }
}
