import ij.IJ;
import ij.ImageJ;
import ij.gui.MultiLineLabel;
import ij.macro.Interpreter;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.Label;
import java.awt.TextComponent;
import java.awt.Window;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Paths;

/**
 * Starts the real ImageJ, runs one macro in it and quits: java -cp ij.jar RunMacro.java MACRO [ARGUMENT [keep]].
 *
 * ImageJ's own -macro option shows a dialog when a macro fails and waits for a click; here the message goes to the
 * standard error and the exit status is 1. The same becomes of a modal dialog that a command shows, and of a macro that
 * takes more than ten minutes. With "keep" ImageJ stays open, and dialogs wait for their reader.
 */
public class RunMacro {
  private static final int LIMIT_SECONDS = 600;

  public static void main(String[] arguments) throws Exception {
    final String macro = new String(Files.readAllBytes(Paths.get(arguments[0])), "UTF-8");
    final boolean keep = arguments.length > 2 && arguments[2].equals("keep");
    final ImageJ ij = new ImageJ(ImageJ.STANDALONE);
    ij.exitWhenQuitting(true);
    // ImageJ runs RunAtStartup.ijm at the same time, but knows one macro only
    for (Thread thread : Thread.getAllStackTraces().keySet())
      if (thread.getName().equals("StartupRunner")) thread.join();
    if (!keep) watch();
    final Interpreter interpreter = new Interpreter();
    interpreter.setIgnoreErrors(!keep);
    try {
      interpreter.run(macro, arguments.length > 1 ? arguments[1] : "");
    } catch (RuntimeException e) {
      if (keep) throw e;
      end(e + " in line " + interpreter.getLineNumber());
    }
    // of an error in a command only the message is kept
    final boolean failed = interpreter.wasError() || interpreter.getErrorMessage() != null;
    if (IJ.getLog() != null) System.out.println(IJ.getLog());
    if (failed && !keep) end(interpreter.getErrorMessage() + " in line " + interpreter.getLineNumber());
    if (!keep) Runtime.getRuntime().halt(0);
  }

  private static void end(String message) {
    System.err.println("macro: " + message.replaceAll("\\s*\n\\s*", " "));
    Runtime.getRuntime().halt(1);
  }

  /** Nobody is there to answer a dialog. */
  private static void watch() {
    final Thread thread = new Thread(() -> {
      for (int second = 0; second < LIMIT_SECONDS; second++) {
        IJ.wait(1000);
        for (Window window : Window.getWindows()) {
          if (window instanceof Dialog && window.isShowing() && ((Dialog) window).isModal())
            end("a dialog was shown: " + ((Dialog) window).getTitle() + ":" + text(window));
        }
      }
      end("not finished after " + LIMIT_SECONDS + " seconds");
    });
    thread.setDaemon(true);
    thread.start();
  }

  private static String text(Container container) {
    String text = "";
    for (Component c : container.getComponents()) {
      if (c instanceof Label) text += " " + ((Label) c).getText();
      if (c instanceof MultiLineLabel) text += " " + lines((MultiLineLabel) c);
      if (c instanceof TextComponent) text += " " + ((TextComponent) c).getText();
      if (c instanceof Container) text += text((Container) c);
    }
    return text;
  }

  /** ImageJ's own label keeps its text to itself. */
  private static String lines(MultiLineLabel label) {
    try {
      Field lines = MultiLineLabel.class.getDeclaredField("lines");
      lines.setAccessible(true);
      return String.join(" ", (String[]) lines.get(label));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return "(its text cannot be read: " + e + ")";
    }
  }
}
