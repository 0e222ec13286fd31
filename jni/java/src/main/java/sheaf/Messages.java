package sheaf;

import ij.IJ;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Sentences as ImageJ shows them: its dialogs do not break lines. */
final class Messages {
  /** ImageJ's own words: it recognizes them and shows no line of the macro. */
  static final String NO_IMAGE = "There are no images open";

  private static final int LINE = 90;

  private Messages() {}

  /** Interactively a dialog; in a macro the macro ends with this message. Does not return there. */
  static void error(String title, String message) {
    IJ.error(title, wrap(message, LINE));
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
