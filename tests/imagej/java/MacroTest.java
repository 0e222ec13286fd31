import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.process.ImageProcessor;
import ij.text.TextWindow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;

/** Runs a macro in the real ImageJ: MacroTest MACRO [ARGUMENT]. The macro must return "ok" at its end. */
public final class MacroTest {
  public static void main(String[] arguments) throws Exception {
    Ui.watchdog(160);
    new ImageJ(ImageJ.STANDALONE);
    String code = read(Paths.get(arguments[0])) + read(Paths.get(System.getProperty("test.macros"), "library.txt"));
    String argument = arguments.length > 1 ? arguments[1] : System.getProperty("test.work") + "/";
    Interpreter macro = new Interpreter();
    macro.setIgnoreErrors(true); // a dialog would wait for somebody
    String[] result = new String[1];
    Thread thread = new Thread(() -> result[0] = macro.run(code, argument), "Run$_test Macro$");
    thread.start();
    thread.join();
    if (IJ.getLog() != null) System.out.println(IJ.getLog());
    if (macro.wasError() || macro.getErrorMessage() != null) Ui.fail(macro.getErrorMessage() + " in line " + macro.getLineNumber());
    if (!"ok".equals(result[0])) Ui.fail("the macro ended early: it returned " + result[0]);
    System.out.println("passed");
    Runtime.getRuntime().halt(0);
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** For macros: call("MacroTest.fail", text). */
  public static String fail(String text) {
    Ui.fail(text);
    return "";
  }

  /** For macros: what the window of a table shows. */
  public static String table(String title) {
    return ((TextWindow) WindowManager.getFrame(title)).getTextPanel().getText();
  }

  /** For macros: what two open images differ in, or "". */
  public static String difference(String first, String second) {
    ImagePlus a = WindowManager.getImage(first);
    ImagePlus b = WindowManager.getImage(second);
    if (a == null || b == null) return "there is no image " + (a == null ? first : second);
    if (a.getBitDepth() != b.getBitDepth()) return a.getBitDepth() + " and " + b.getBitDepth() + " bits";
    if (!Arrays.equals(a.getDimensions(), b.getDimensions())) return "dimensions " + Arrays.toString(a.getDimensions()) + " and " + Arrays.toString(b.getDimensions());
    for (int n = 1; n <= a.getStackSize(); n++) {
      ImageProcessor pa = a.getStack().getProcessor(n);
      ImageProcessor pb = b.getStack().getProcessor(n);
      for (int i = 0; i < pa.getPixelCount(); i++) {
        int mask = a.getBitDepth() == 24 ? 0xffffff : -1;
        if ((pa.get(i) & mask) != (pb.get(i) & mask)) return "pixel " + i + " of image " + n;
      }
    }
    return "";
  }
}
