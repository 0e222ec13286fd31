package sheaf;

import ij.IJ;
import ij.macro.Interpreter;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Sentences as ImageJ shows them: its dialogs break no lines, macros and logs want one line. */
final class Messages {
  /** ImageJ's own words: it recognizes them and shows no line of the macro. */
  static final String NO_IMAGE = "There are no images open";

  private static final int LINE = 90;

  private Messages() {}

  /** Interactively a dialog; the macro that has called the command ends with this message. */
  static void error(String title, String message) {
    boolean dialog = !GraphicsEnvironment.isHeadless() && !IJ.redirectingErrorMessages();
    IJ.error(title, fit(message, dialog));
  }

  /**
   * Ends the macro that has called a function, with this message. ImageJ knows which macro has run a command, but not
   * which has called a function: IJ.error would show a dialog, and the macro would go on.
   *
   * @throws RuntimeException the cause, if no macro runs: it belongs to the script or program that has called
   */
  static void endMacro(RuntimeException cause, String message) {
    Interpreter macro = Interpreter.getInstance();
    if (macro == null)
      throw cause;
    try {
      macro.abort(fit(message, !GraphicsEnvironment.isHeadless()));
    } catch (RuntimeException shown) {
      // the macro has ended; ImageJ would show what a called function throws a second time, as a stack trace
    }
  }

  /** One line, unless it is for a dialog. */
  private static String fit(String message, boolean dialog) {
    Interpreter macro = Interpreter.getInstance();
    return dialog && (macro == null || showsErrors(macro)) ? wrap(message, LINE) : oneLine(message);
  }

  /** Whether a failure in this macro becomes a dialog; not so in eval, whose caller gets the message. */
  private static boolean showsErrors(Interpreter macro) {
    try {
      Field ignored = Interpreter.class.getDeclaredField("ignoreErrors"); // which ImageJ lets be set, but not read
      ignored.setAccessible(true);
      return !ignored.getBoolean(macro);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return true;
    }
  }

  static String oneLine(String text) {
    return text.replaceAll("\\s*\n\\s*", " ");
  }

  /** The core calls an operation by its id, which nobody sees in the menu. */
  static String inWordsOfTheMenu(String message, String operation, String name) {
    String text = message.startsWith(operation + ": ") ? message.substring(operation.length() + 2) : message;
    return text.replace(operation, name);
  }

  /** File and reason: of some exceptions the message is the file alone. */
  static String reason(IOException e) {
    if (!(e instanceof FileSystemException))
      return String.valueOf(e.getMessage());
    FileSystemException f = (FileSystemException) e;
    String reason = e instanceof AccessDeniedException ? "you have no right to write there"
        : e instanceof NoSuchFileException             ? "there is no such file or folder"
        : e instanceof NotDirectoryException           ? "it is no folder"
        : f.getReason() == null                        ? f.getClass().getSimpleName()
                                                       : f.getReason();
    return (f.getFile() == null ? "" : f.getFile() + ": ") + reason;
  }

  static String wrap(String text, int width) {
    StringBuilder out = new StringBuilder();
    for (String paragraph : text.split("\n", -1)) {
      if (out.length() > 0)
        out.append('\n');
      int column = 0;
      for (String word : paragraph.split(" ")) {
        if (column > 0 && column + 1 + word.length() > width) {
          out.append('\n');
          column = 0;
        } else if (column > 0) {
          out.append(' ');
          column++;
        }
        out.append(word);
        column += word.length();
      }
    }
    return out.toString();
  }
}
