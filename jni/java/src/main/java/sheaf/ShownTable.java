package sheaf;

import ij.measure.ResultsTable;

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

  /** Shows the table under that title, or updates the window that has it. */
  void show(String title, Rows rows) {
    int last = size() - 1;
    // preferences, and other versions of ImageJ, add row numbers or write numbers otherwise
    if (last >= 0 && rows.row(0).equals(getRowAsString(0)) && rows.row(last).equals(getRowAsString(last)))
      this.rows = rows;
    try {
      show(title);
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
