package sheaf;

import ij.measure.ResultsTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A table of results as plain data: named columns of numbers or texts, all equally long. */
public final class Table {
  private final String name;
  private final String title;
  private final Map<String, Object> columns = new LinkedHashMap<>(); // double[] or String[]
  private int rows;

  Table(String name, String title) {
    this.name = name;
    this.title = title;
  }

  void put(String column, Object values, int count) {
    columns.put(column, values);
    rows = count;
  }

  /** The name the operation gives it, "transforms". */
  public String name() {
    return name;
  }

  /** The title for the user, "Alignment of pc12". */
  public String title() {
    return title;
  }

  public int rows() {
    return rows;
  }

  public List<String> columns() {
    return Collections.unmodifiableList(new ArrayList<>(columns.keySet()));
  }

  /** The values of a column of numbers; NaN is an empty cell. */
  public double[] numbers(String column) {
    Object values = column(column);
    if (!(values instanceof double[]))
      throw new IllegalArgumentException("column " + column + " of \"" + title + "\" holds texts");
    return ((double[]) values).clone();
  }

  /** The values of a column as text. */
  public String[] texts(String column) {
    Object values = column(column);
    if (values instanceof String[])
      return ((String[]) values).clone();
    double[] numbers = (double[]) values;
    String[] texts = new String[numbers.length];
    Arrays.setAll(texts, i -> Double.isNaN(numbers[i]) ? "" : Schema.numberText(numbers[i]));
    return texts;
  }

  private Object column(String column) {
    Object values = columns.get(column);
    if (values == null)
      throw new IllegalArgumentException(
          "\"" + title + "\" has no column " + column + "; it has " + String.join(", ", columns.keySet()));
    return values;
  }

  /** The table as ImageJ's; shown nowhere. */
  public ResultsTable toResultsTable() {
    ShownTable table = new ShownTable();
    fill(table);
    return table;
  }

  /** Shows the table under its title in ImageJ, or updates the window that has it; in batch mode, without raising it. */
  void show() {
    ShownTable onScreen = ShownTable.emptied(title);
    ShownTable table = onScreen != null ? onScreen : new ShownTable();
    fill(table);
    if (onScreen != null)
      table.update(title, text());
    else
      table.show(title, text());
  }

  /** The rows as ImageJ writes them. */
  ShownTable.Rows text() {
    Object[] values = columns.values().toArray();
    int[] decimals = new int[values.length];
    for (int i = 0; i < values.length; i++)
      decimals[i] = values[i] instanceof double[] ? decimals((double[]) values[i]) : 0;
    StringBuilder text = new StringBuilder();
    return row -> {
      text.setLength(0);
      for (int i = 0; i < values.length; i++) {
        if (i > 0)
          text.append('\t');
        if (values[i] instanceof String[])
          text.append(((String[]) values[i])[row]);
        else if (!Double.isNaN(((double[]) values[i])[row]))
          ShownTable.append(text, ((double[]) values[i])[row], decimals[i]);
      }
      return text.toString();
    };
  }

  private void fill(ShownTable table) {
    table.setNaNEmptyCells(true);
    for (int row = 0; row < rows; row++) table.addRow();
    for (Map.Entry<String, Object> e : columns.entrySet()) {
      String name = e.getKey();
      if (name.equals("Label") && e.getValue() instanceof String[]) {
        String[] texts = (String[]) e.getValue();
        for (int row = 0; row < rows; row++) table.setLabel(texts[row], row);
        continue;
      }
      int column = table.getFreeColumn(name);
      if (e.getValue() instanceof String[]) {
        String[] texts = (String[]) e.getValue();
        for (int row = 0; row < rows; row++) table.setValue(column, row, texts[row]);
      } else {
        double[] numbers = (double[]) e.getValue();
        for (int row = 0; row < rows; row++) {
          if (Double.isNaN(numbers[row]))
            table.setValue(column, row, "");
          else
            table.setValue(column, row, numbers[row]);
        }
        table.setDecimalPlaces(column, decimals(numbers));
      }
    }
  }

  /** So many decimals that the column's largest number shows six to seven digits that count; none for whole numbers. */
  private static int decimals(double[] numbers) {
    double largest = 0;
    boolean whole = true;
    for (double v : numbers) {
      if (Double.isNaN(v) || Double.isInfinite(v))
        continue;
      largest = Math.max(largest, Math.abs(v));
      whole &= v == Math.rint(v);
    }
    int magnitude = largest == 0 ? 0 : (int) Math.floor(Math.log10(largest));
    return whole ? 0 : Math.max(1, Math.min(9, 6 - magnitude)); // ImageJ shows 9 at most
  }
}
