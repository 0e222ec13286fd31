import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.WindowManager;
import ij.measure.ResultsTable;
import java.awt.Dialog;
import java.awt.Menu;
import java.awt.MenuItem;
import java.awt.TextField;
import java.awt.event.ActionEvent;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

/** What a user does in ImageJ, by menu, mouse and keyboard: Scenario CLASS METHOD. */
public final class Scenario {
  private Scenario() {}

  public static void main(String[] arguments) throws Exception {
    Ui.watchdog(160);
    new ImageJ(ImageJ.STANDALONE);
    Ui.await("ImageJ", () -> IJ.getInstance() != null && IJ.getInstance().isShowing());
    Method scenario = Class.forName(arguments[0]).getDeclaredMethod(arguments[1]);
    scenario.setAccessible(true);
    try {
      scenario.invoke(null);
    } catch (InvocationTargetException e) {
      e.getCause().printStackTrace();
      Ui.fail(e.getCause().toString());
    }
    System.out.println("passed");
    Runtime.getRuntime().halt(0);
  }

  /** What a click on the item does. */
  static void choose(String menuPath, String command) {
    Menu menu = Menus.getImageJMenu(menuPath);
    Ui.check(menu != null, "there is no menu " + menuPath);
    for (int i = 0; i < menu.getItemCount(); i++) {
      MenuItem item = menu.getItem(i);
      if (!item.getLabel().equals(command)) continue;
      IJ.getInstance().actionPerformed(new ActionEvent(item, ActionEvent.ACTION_PERFORMED, command));
      return;
    }
    Ui.fail(menuPath + " has no item " + command + " but " + labels(menu));
  }

  static List<String> labels(Menu menu) {
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < menu.getItemCount(); i++) labels.add(menu.getItem(i).getLabel());
    return labels;
  }

  /** Brings the test plugins' commands into the menu, as a user would. */
  static void refresh() {
    choose("Plugins>Sheaf", "Sheaf Refresh");
    Ui.await("the new commands", () -> Menus.getCommands().get("Sheaf Test Slow...") != null);
  }

  static TextField field(Dialog dialog, int index) {
    return Ui.all(dialog, TextField.class).get(index);
  }

  static String status() {
    return String.valueOf(ImageJ.getStatusBarText());
  }

  static int tables() {
    int count = 0;
    for (java.awt.Frame frame : WindowManager.getNonImageWindows()) {
      if (frame instanceof ij.text.TextWindow && ((ij.text.TextWindow) frame).getResultsTable() != null) count++;
    }
    return count;
  }

  static String csv(String title) {
    ResultsTable table = Ui.await("the table " + title, () -> ResultsTable.getResultsTable(title));
    StringBuilder text = new StringBuilder(table.getColumnHeadings());
    for (int row = 0; row < table.size(); row++) text.append('\n').append(table.getRowAsString(row));
    return text.toString();
  }

  static String maps() {
    try {
      return new String(java.nio.file.Files.readAllBytes(java.nio.file.Paths.get("/proc/self/maps")));
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Makes an image the one that commands work on, and waits until nothing can make it another. */
  static void select(ImagePlus image) {
    IJ.selectWindow(image.getID());
    Ui.await("the focus", () -> {
      image.getWindow().toFront();
      Ui.pause(50);
      return image.getWindow().isFocused();
    });
    Ui.robot.waitForIdle();
    WindowManager.setCurrentWindow(image.getWindow());
  }

  /** Closes all images and tables but the image that was worked on. */
  static void closeResults(ImagePlus input) {
    for (int id : WindowManager.getIDList()) {
      ImagePlus image = WindowManager.getImage(id);
      if (image == input) continue;
      image.changes = false;
      image.close();
    }
    Ui.closeTables();
  }
}
