import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.Menus;
import ij.Prefs;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import ij.process.ImageProcessor;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Dialog;
import java.awt.Menu;
import java.awt.TextField;
import java.awt.event.KeyEvent;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Menu, dialogs, previews, and what the Recorder writes. */
final class DialogTest {
  private DialogTest() {}

  static void menu() {
    Menu menu = Menus.getImageJMenu("Plugins>Sheaf");
    Ui.check(menu != null, "there is no menu Plugins>Sheaf");
    Ui.same(Arrays.asList("Alignment", "Equalization", "Segmentation", "Sheaf Align...", "Sheaf Cluster...", "Sheaf Equalize...", "Sheaf Threshold...", "-", "Sheaf Settings...", "Sheaf System Check", "Sheaf Macro Extensions", "Sheaf Refresh"), Scenario.labels(menu), "the menu");
    // nothing native is loaded by looking at the menu
    Ui.check(!Scenario.maps().contains("libsheaf"), "the library was loaded before the first command");
    Scenario.refresh();
    Ui.check(Scenario.maps().contains("libsheaf_jni"), "the library is not loaded");
    Ui.check(Scenario.labels(Menus.getImageJMenu("Plugins>Sheaf>Test")).contains("Sheaf Test Copy"), "no submenu");
    int items = Menus.getImageJMenu("Plugins>Sheaf>Test").getItemCount();
    IJ.run("Sheaf Refresh");
    Ui.same(items, Menus.getImageJMenu("Plugins>Sheaf>Test").getItemCount(), "items after another refresh");
    // without an image the command says so
    Scenario.choose("Plugins>Sheaf", "Sheaf Align...");
    Dialog dialog = Ui.dialog("Sheaf Align");
    Ui.check(Ui.texts(dialog).contains("There are no images open"), Ui.texts(dialog));
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(dialog);
  }

  static void dialog() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 3);
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog dialog = Ui.dialog("Sheaf Test Offset");
    String texts = Ui.texts(dialog);
    for (String expected : new String[] {"Adds a number to every pixel.", "Amount (levels):", "Direction:", "Twice", "Advanced", "Delay (s):", "Least:", "Preview"}) {
      Ui.check(texts.contains(expected), expected + " is not in the dialog: " + texts);
    }
    Ui.check(image.isLocked(), "the image is not locked");
    List<TextField> fields = Ui.all(dialog, TextField.class);
    Button ok = Ui.button(dialog, "OK");
    TextField least = fields.get(1);
    Ui.check(!least.isEnabled(), "least is enabled though it is not in use");
    Ui.choose(Ui.all(dialog, Choice.class).get(0), 1);
    Ui.await("least to be enabled", least::isEnabled);

    Ui.type(fields.get(0), "300");
    Ui.await("OK to be disabled", () -> !ok.isEnabled());
    Ui.check(Ui.texts(dialog).contains("amount: 300 given, needs 0 to 255 levels"), Ui.texts(dialog));
    Ui.type(fields.get(0), "20");
    Ui.await("OK to be enabled", ok::isEnabled);

    Ui.click(Ui.button(dialog, "Help"));
    Dialog help = Ui.dialog("Sheaf Test Offset Help");
    Ui.check(help != null, "no help");
    Ui.key(KeyEvent.VK_ENTER);
    Ui.gone(help);

    Ui.click(ok);
    Ui.gone(dialog);
    ImagePlus result = Ui.image("cells-offset");
    Ui.same(Math.max(0, image.getProcessor().get(50, 40) - 20), shown(result), "the result");
    Ui.await("the image to be free", () -> !image.isLocked());

    // the values are there again, also after a macro has used others
    IJ.run(image, "Sheaf Test Offset...", "amount=99");
    Scenario.select(image);
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    dialog = Ui.dialog("Sheaf Test Offset");
    Ui.same("20", Scenario.field(dialog, 0).getText(), "the remembered amount");
    Ui.same("down", Ui.all(dialog, Choice.class).get(0).getSelectedItem(), "the remembered direction");
    Ui.key(KeyEvent.VK_ESCAPE);
    Ui.gone(dialog);
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.same(3, WindowManager.getImageCount(), "images after a cancelled dialog");
  }

  /** A parameter that is the position of an image begins with the one in view, whatever was chosen the last time. */
  static void inView() {
    ImagePlus image = Ui.stack(8, 5);
    image.setRoi(20, 20, 60, 40);
    for (int n : new int[] {4, 2}) {
      image.setSlice(n);
      Scenario.select(image);
      Scenario.choose("Plugins>Sheaf>Segmentation", "Sheaf GrabCut...");
      Dialog dialog = Ui.dialog("Sheaf GrabCut");
      TextField base = Scenario.field(dialog, 3);
      Ui.same(String.valueOf(n), base.getText(), "the base image");
      Ui.check(!base.isEnabled(), "base is enabled though it is not in use");
      Ui.click(Ui.checkbox(dialog, "Propagate"));
      Ui.await("base to be enabled", base::isEnabled);
      Ui.type(base, "5");
      Ui.click(Ui.checkbox(dialog, "Propagate"));
      Ui.await("base to be out of use", () -> !base.isEnabled());
      Ui.click(Ui.button(dialog, "OK"));
      Ui.gone(dialog);
      ImagePlus labels = Ui.image("cells-labels");
      labels.close();
      Ui.await("the image to be free", () -> !image.isLocked());
    }
    // the reference of a histogram is an image of another stack, once that is chosen
    image.deleteRoi();
    ImagePlus other = image.duplicate();
    other.setTitle("reference");
    other.show();
    other.setSlice(3);
    Recorder recorder = Ui.recorder();
    Scenario.select(image);
    Scenario.choose("Plugins>Sheaf>Equalization", "Sheaf Equalize Histogram...");
    Dialog dialog = Ui.dialog("Sheaf Equalize Histogram");
    List<Choice> choices = Ui.all(dialog, Choice.class);
    Choice reference = choices.get(0).getItem(0).equals("none") ? choices.get(0) : choices.get(1);
    Choice to = reference == choices.get(0) ? choices.get(1) : choices.get(0);
    TextField base = Scenario.field(dialog, 0);
    Ui.same("2", base.getText(), "the base image of the collection");
    Ui.choose(to, 2);
    Ui.await("the choice of the reference", reference::isEnabled);
    for (int i = 0; i < reference.getItemCount(); i++) {
      if (reference.getItem(i).equals("reference")) Ui.choose(reference, i);
    }
    Ui.await("the image of the reference", () -> base.getText().equals("3"));
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Ui.image("cells-histogram");
    Ui.await("the recorded line", () -> recorder.getText().contains("reference=reference to=image base=3"));
    // a macro that does not name it has the schema's default
    image.setSlice(4);
    IJ.run(image, "Sheaf Equalize Histogram...", "to=base");
    ImagePlus first = Ui.image("cells-histogram-1");
    IJ.run(image, "Sheaf Equalize Histogram...", "to=base base=1");
    Ui.check(Ui.samePixels(first, Ui.image("cells-histogram-2")), "base is not 1 by default");
  }

  /** Every kind of parameter has its field; groups have their headings, in the order of the schema. */
  static void groups() {
    Scenario.refresh();
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Params...");
    Dialog dialog = Ui.dialog("Sheaf Test Params");
    String texts = Ui.texts(dialog);
    int at = 0;
    for (String expected : new String[] {"Number:", "Numbers", "Factor:", "Count:", "Flag", "Kind:", "Name:", "List:", "Places:", "Area:", "Advanced", "File:", "Folder:"}) {
      int found = texts.indexOf(expected, at);
      Ui.check(found >= 0, expected + " is not where it belongs in the dialog: " + texts);
      at = found + expected.length();
    }
    Ui.same("The first one", Ui.all(dialog, Choice.class).get(0).getSelectedItem(), "the label of a choice");
    Ui.click(Ui.button(dialog, "OK"));
    Ui.gone(dialog);
    Ui.check(Scenario.csv("Parameters").contains("\"kind\":\"one\""), "the defaults of the dialog");
  }

  static void preview() {
    Scenario.refresh();
    previewOf(Ui.stack(8, 3));
    Ui.closeAll();
    ImagePlus plain = Ui.stack(16, 6);
    plain.setDimensions(2, 3, 1);
    ImagePlus composite = new CompositeImage(plain, IJ.COMPOSITE);
    plain.hide();
    composite.show();
    composite.setPosition(2, 2, 1);
    previewOf(composite);
    Ui.closeAll();
    previewOfAnotherRange(Ui.stack(16, 2));
    Ui.closeAll();
    plain = Ui.stack(16, 6);
    plain.setDimensions(2, 3, 1);
    ImagePlus channels = new CompositeImage(plain, IJ.COMPOSITE);
    plain.hide();
    channels.show();
    channels.setPosition(2, 2, 1);
    previewOfAnotherRange(channels);
  }

  /** It is shown at its own range, the image at the one that the user chose. */
  private static void previewOfAnotherRange(ImagePlus image) {
    image.setDisplayRange(231, 1503);
    image.updateAndDraw();
    Scenario.choose("Plugins>Sheaf>Equalization", "Sheaf Stretch Contrast...");
    Dialog dialog = Ui.dialog("Sheaf Stretch Contrast");
    Checkbox preview = Ui.checkbox(dialog, "Preview");
    for (int round = 0; round < 2; round++) {
      Ui.click(preview);
      Ui.await("the preview's range", () -> displayRange(image).equals("0 65535"));
      if (round == 0)
        Ui.click(preview);
      else
        Ui.key(KeyEvent.VK_ESCAPE);
      Ui.await("the image's range", () -> displayRange(image).equals("231 1503"));
    }
    Ui.gone(dialog);
  }

  /** Of the pixels on the screen; the image must say the same. */
  private static String displayRange(ImagePlus image) {
    boolean composite = image.isComposite() && ((CompositeImage) image).getMode() == IJ.COMPOSITE;
    ImageProcessor ip = composite ? image.getChannelProcessor() : image.getProcessor();
    boolean same = ip.getMin() == image.getDisplayRangeMin() && ip.getMax() == image.getDisplayRangeMax();
    return same ? (int) ip.getMin() + " " + (int) ip.getMax() : "not the image's";
  }

  private static void previewOf(ImagePlus image) {
    ImagePlus before = image.duplicate();
    Object pixels = image.getStack().getPixels(image.getCurrentSlice());
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog dialog = Ui.dialog("Sheaf Test Offset");
    Checkbox preview = Ui.checkbox(dialog, "Preview"); // says "wait..." while it is computed
    int original = displayed(image);
    Ui.type(Scenario.field(dialog, 0), "7");
    Ui.click(preview);
    Ui.await("the preview", () -> displayed(image) == original + 7);
    Ui.type(Scenario.field(dialog, 0), "25");
    Ui.await("the next preview", () -> displayed(image) == original + 25);
    Ui.check(Ui.samePixels(before, image), "the pixels of the stack were changed");
    Ui.click(preview);
    Ui.await("the preview to be taken back", () -> displayed(image) == original);
    Ui.click(preview);
    Ui.await("the preview", () -> displayed(image) == original + 25);
    // one that takes ten minutes is interrupted by the next wish
    Ui.type(Ui.all(dialog, TextField.class).get(2), "600");
    Ui.pause(300);
    Ui.type(Ui.all(dialog, TextField.class).get(2), "0");
    Ui.type(Scenario.field(dialog, 0), "30");
    Ui.await("the preview after a slow one", () -> displayed(image) == original + 30);
    Ui.key(KeyEvent.VK_ESCAPE);
    Ui.gone(dialog);
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.same(original, displayed(image), "the image after cancelling");
    Ui.check(Ui.samePixels(before, image), "the pixels were changed");
    Ui.check(pixels == image.getStack().getPixels(image.getCurrentSlice()), "the stack has another array");
    // and with OK the result is a new image, the input as it was
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog second = Ui.dialog("Sheaf Test Offset");
    Ui.type(Scenario.field(second, 0), "5");
    Ui.click(Ui.checkbox(second, "Preview"));
    Ui.await("the preview", () -> displayed(image) == original + 5);
    Ui.click(Ui.button(second, "OK"));
    ImagePlus result = Ui.image("cells-offset");
    Ui.await("the image to be free", () -> !image.isLocked());
    Ui.check(Ui.samePixels(before, image), "the pixels were changed");
    Ui.same(original + 5, result.getStack().getProcessor(image.getCurrentSlice()).get(50, 40), "the result");
  }

  private static int shown(ImagePlus image) {
    return image.getProcessor().get(50, 40);
  }

  /** The value that the screen shows. */
  private static int displayed(ImagePlus image) {
    boolean composite = image.isComposite() && ((CompositeImage) image).getMode() == IJ.COMPOSITE;
    return (composite ? image.getChannelProcessor() : image.getProcessor()).get(50, 40);
  }

  static void previewOfLabels() {
    Scenario.refresh();
    ImagePlus image = Ui.stack(8, 2);
    image.setOverlay(new ij.gui.Overlay(new ij.gui.Roi(1, 1, 5, 5)));
    ij.gui.Overlay own = image.getOverlay();
    ImagePlus before = image.duplicate();
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Labels...");
    Dialog dialog = Ui.dialog("Sheaf Test Labels");
    Checkbox preview = Ui.checkbox(dialog, "Preview");
    Ui.click(preview);
    Ui.await("the coloured overlay", () -> image.getOverlay() != own && image.getOverlay().get(0) instanceof ij.gui.ImageRoi);
    Ui.check(Ui.samePixels(before, image), "the pixels were changed");
    Ui.click(preview);
    Ui.await("the user's own overlay", () -> image.getOverlay() == own);
    Ui.click(preview);
    Ui.await("the coloured overlay", () -> image.getOverlay() != own);
    Ui.click(Ui.button(dialog, "Cancel"));
    Ui.gone(dialog);
    Ui.await("the user's own overlay", () -> image.getOverlay() == own);
  }

  static void recorder() {
    Scenario.refresh();
    Prefs.set("recorder.mode", "Macro");
    recordAndReplay(false);
    Prefs.set("recorder.mode", "JavaScript");
    recordAndReplay(true);
  }

  private static void recordAndReplay(boolean script) {
    Ui.closeAll();
    Prefs.set("sheaf.test.offset.direction", "up");
    Prefs.set("sheaf.test.offset.twice", "false");
    ImagePlus image = Ui.stack(8, 3);
    Recorder recorder = Ui.recorder();
    // a dialog that is cancelled is not recorded
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog cancelled = Ui.dialog("Sheaf Test Offset");
    Ui.click(Ui.button(cancelled, "Cancel"));
    Ui.gone(cancelled);

    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Offset...");
    Dialog dialog = Ui.dialog("Sheaf Test Offset");
    Ui.type(Scenario.field(dialog, 0), "31");
    Ui.choose(Ui.all(dialog, Choice.class).get(0), 1);
    Ui.click(Ui.checkbox(dialog, "Twice"));
    Ui.click(Ui.button(dialog, "OK"));
    ImagePlus first = Ui.image("cells-offset");
    String expected = (script ? "IJ.run(" : "run(") + "\"Sheaf Test Offset...\", \"amount=31 direction=down twice least=0\");";
    Ui.await("the recorded line", () -> recorder.getText().contains(expected));
    String text = recorder.getText();
    Ui.same(1, text.split("Sheaf Test Offset", -1).length - 1, "lines recorded in\n" + text);

    // an operation without parameters, and one with nothing but defaults
    Scenario.select(image);
    Scenario.choose("Plugins>Sheaf>Test", "Sheaf Test Copy");
    ImagePlus copy = Ui.image("cells-copy");
    Ui.await("the second line", () -> recorder.getText().contains("\"Sheaf Test Copy\""));
    recorder.close();

    String line = "";
    for (String l : text.split("\n")) {
      if (l.contains("Sheaf Test Offset")) line = l;
    }
    Prefs.set("sheaf.test.offset.amount", "1"); // a replay must not depend on what a dialog remembers
    Scenario.select(image);
    if (script) replayScript(line);
    else new Interpreter().run(line);
    ImagePlus second = Ui.image("cells-offset-1");
    Ui.check(Ui.samePixels(first, second), "the replay gives other pixels");
    Ui.check(!Ui.samePixels(first, image) && Ui.samePixels(image, copy), "the results are not what they should be");
    ResultsTable table = ResultsTable.getResultsTable("Copies of cells");
    Ui.check(table != null && table.size() == 3, "no table");
    if (!script) replayTable(image);
  }

  /** A replay gives the same table, too. */
  private static void replayTable(ImagePlus image) {
    Recorder recorder = Ui.recorder();
    Scenario.select(image);
    Scenario.choose("Plugins>Sheaf", "Sheaf Equalize...");
    Dialog dialog = Ui.dialog("Sheaf Equalize");
    Ui.choose(Ui.all(dialog, Choice.class).get(0), 2);
    Ui.click(Ui.button(dialog, "OK"));
    ImagePlus first = Ui.image("cells-equalized");
    Ui.await("the recorded line", () -> recorder.getText().contains("Sheaf Equalize"));
    String text = recorder.getText().trim();
    String line = text.substring(text.lastIndexOf('\n') + 1);
    Scenario.choose("Plugins>Sheaf", "Sheaf Settings...");
    Dialog settings = Ui.dialog("Sheaf Settings");
    Ui.click(Ui.button(settings, "OK"));
    Ui.gone(settings);
    Ui.await("the settings", () -> recorder.getText().contains("run(\"Sheaf Settings...\", \"memory=0 limit=0 folder=[]\");"));
    recorder.close();
    String table = Scenario.csv("Equalization of cells");
    ((ij.text.TextWindow) WindowManager.getWindow("Equalization of cells")).close(false);
    Scenario.select(image);
    new Interpreter().run(line);
    Ui.check(Ui.samePixels(first, Ui.image("cells-equalized-1")), "the replay of " + line + " gives other pixels");
    Ui.same(table, Scenario.csv("Equalization of cells"), "the table");
  }

  /** The one call that the line is; Java itself has brought no JavaScript since version 15. */
  private static void replayScript(String line) {
    Matcher call = Pattern.compile("IJ\\.run\\(\"([^\"]*)\", \"([^\"]*)\"\\);").matcher(line);
    Ui.check(call.matches(), line);
    IJ.run(call.group(1), call.group(2));
  }
}
