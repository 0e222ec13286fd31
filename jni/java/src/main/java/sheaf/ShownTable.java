package sheaf;

import ij.WindowManager;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.text.TextPanel;
import ij.text.TextWindow;
import java.awt.Frame;

/**
 * ImageJ's table, shown faster: ImageJ writes all rows as text before it shows the first, which for a few thousand
 * objects takes longer than finding them. While it is shown as it came, the rows are written here; later (sorted,
 * edited, saved) by ImageJ.
 */
final class ShownTable extends ResultsTable {
  private static final double TOO_NEAR = 1e-3; // to a tie or to 1; 12 digits are scaled with less error than that
  private static final long[] POWERS = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

  /** Writes a row as ImageJ does. */
  interface Rows {
    String row(int row);
  }

  private Rows rows;

  /**
   * The table of that title on the screen, emptied to be filled anew and shown by update(), or null if there is none
   * or the user would see it raised. ImageJ raises the window of a table that is shown again: in batch mode, image after
   * image, that takes the keyboard from whatever the user does meanwhile, and more time than to update it.
   */
  static ShownTable emptied(String title) {
    TextPanel panel = Interpreter.isBatchMode() ? panel(title) : null;
    if (panel == null || !(panel.getResultsTable() instanceof ShownTable))
      return null;
    ShownTable table = (ShownTable) panel.getResultsTable();
    table.reset();
    return table;
  }

  /** Shows the table under that title, or updates and raises the window that has it. */
  void show(String title, Rows rows) {
    write(rows, () -> show(title));
  }

  /** Brings the window of that title up to date, which stays where it is. */
  void update(String title, Rows rows) {
    WindowManager.setWindow(WindowManager.getFrame(title)); // what Table functions of macros work on
    TextPanel panel = panel(title);
    write(rows, () -> {
      panel.setColumnHeadings(getColumnHeadings());
      for (int row = 0; row < size(); row++) panel.appendWithoutUpdate(getRowAsString(row));
      panel.updateDisplay();
      panel.scrollToTop();
    });
  }

  private static TextPanel panel(String title) {
    Frame frame = WindowManager.getFrame(title);
    return frame instanceof TextWindow ? ((TextWindow) frame).getTextPanel() : null;
  }

  private void write(Rows rows, Runnable show) {
    int last = size() - 1;
    // preferences, and other versions of ImageJ, add row numbers or write numbers otherwise
    if (last >= 0 && rows.row(0).equals(getRowAsString(0)) && rows.row(last).equals(getRowAsString(last)))
      this.rows = rows;
    try {
      show.run();
    } finally {
      this.rows = null;
    }
  }

  @Override
  public String getRowAsString(int row) {
    return rows == null ? super.getRowAsString(row) : rows.row(row);
  }

  /** What ImageJ shows in a new window. */
  @Override
  public synchronized Object clone() {
    ShownTable copy = (ShownTable) super.clone();
    if (copy != null)
      copy.rows = null;
    return copy;
  }

  /** A number as ImageJ writes it with 0 to 9 decimals. */
  static void append(StringBuilder text, double value, int decimals) {
    double scaled = Math.abs(value) * POWERS[decimals];
    boolean zero = Double.doubleToRawLongBits(value) == 0;
    boolean digit = scaled > 1 + TOO_NEAR || (scaled >= 1 && value == Math.rint(value));
    boolean tie = Math.abs(scaled - Math.floor(scaled) - 0.5) < TOO_NEAR;
    // what would show no digit gets an exponent; that, ties and long numbers are left to ImageJ
    if (!zero && !(digit && scaled < 1e12 && !tie)) {
      text.append(ResultsTable.d2s(value, decimals));
      return;
    }
    long digits = (long) Math.rint(scaled);
    if (value < 0)
      text.append('-');
    text.append(digits / POWERS[decimals]);
    if (decimals == 0)
      return;
    text.append('.');
    long fraction = digits % POWERS[decimals];
    for (int i = decimals - 1; i > 0 && fraction < POWERS[i]; i--) text.append('0');
    text.append(fraction);
  }
}
