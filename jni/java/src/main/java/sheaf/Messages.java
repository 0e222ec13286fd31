package sheaf;

import ij.IJ;

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
