package sheaf;

import ij.macro.ExtensionDescriptor;
import ij.macro.Functions;
import ij.macro.Interpreter;
import ij.macro.MacroExtension;
import ij.plugin.PlugIn;
import java.util.TreeSet;

/**
 * The command "Sheaf Macro Extensions": Ext functions for single values. What they return is text, as ImageJ
 * prescribes; parseFloat turns it into a number.
 *
 * <pre>
 *   Ext.sheafVersion()                       "1.0.0"
 *   Ext.sheafClusters(title)                 number of clusters found in the image
 *   Ext.sheafScore(title, n)                 score after alignment of image n (from 1)
 *   Ext.sheafValue(table, column, row)       a cell of a table; row from 0, as in Table.get
 *   Ext.sheafRows(table)                     number of rows of a table
 * </pre>
 *
 * Unlike ImageJ's own Table functions, these also work without a screen.
 */
public final class Extensions implements PlugIn, MacroExtension {
  @Override
  public void run(String arg) {
    if (Interpreter.getInstance() == null) {
      Messages.error("Sheaf Macro Extensions",
          "This command is for macros: run(\"Sheaf Macro Extensions\") makes the functions "
              + "Ext.sheafVersion(), Ext.sheafClusters(title), Ext.sheafScore(title, n), "
              + "Ext.sheafValue(table, column, row) and Ext.sheafRows(table) known to the macro.");
      return;
    }
    Functions.registerExtensions(this);
  }

  @Override
  public ExtensionDescriptor[] getExtensionFunctions() {
    return new ExtensionDescriptor[] {ExtensionDescriptor.newDescriptor("sheafVersion", this),
        ExtensionDescriptor.newDescriptor("sheafClusters", this, ARG_STRING),
        ExtensionDescriptor.newDescriptor("sheafScore", this, ARG_STRING, ARG_NUMBER),
        ExtensionDescriptor.newDescriptor("sheafValue", this, ARG_STRING, ARG_STRING, ARG_NUMBER),
        ExtensionDescriptor.newDescriptor("sheafRows", this, ARG_STRING)};
  }

  @Override
  public String handleExtension(String function, Object[] args) {
    try {
      return answer(function, args);
    } catch (SheafException | IllegalArgumentException e) {
      Messages.endMacro(e, "Ext." + function + ": " + e.getMessage());
      return "";
    }
  }

  static String answer(String function, Object[] args) {
    switch (function) {
      case "sheafVersion":
        return Sheaf.version();
      case "sheafClusters":
        TreeSet<Double> clusters = new TreeSet<>();
        for (double c : table("Clusters of ", args[0]).numbers("cluster")) {
          if (c > 0)
            clusters.add(c);
        }
        return Integer.toString(clusters.size());
      case "sheafScore":
        return cell(table("Alignment of ", args[0]), "score_after", (Double) args[1] - 1, 1);
      case "sheafValue":
        return cell(table("", args[0]), (String) args[1], (Double) args[2], 0);
      case "sheafRows":
        return Integer.toString(table("", args[0]).rows());
      default:
        throw SheafException.invalid("there is no such function");
    }
  }

  private static Table table(String noun, Object title) {
    Table table = ResultsView.table(noun + title);
    String base = title.toString();
    // the window's title has the file's extension, the table's has not
    if (table == null && base.contains("."))
      table = ResultsView.table(noun + base.substring(0, base.lastIndexOf('.')));
    if (table == null)
      throw SheafException.invalid("there is no table \"" + noun + title + "\"; run the command first");
    return table;
  }

  private static String cell(Table table, String column, double row, int first) {
    String[] cells = table.texts(column);
    if (row != Math.rint(row) || row < 0 || row >= cells.length) {
      throw SheafException.invalid("row " + Schema.numberText(row + first) + " given, \"" + table.title() + "\" has "
          + first + " to " + (cells.length - 1 + first));
    }
    return cells[(int) row].isEmpty() ? "NaN" : cells[(int) row];
  }
}
