import ij.IJ;
import ij.ImageJ;
import ij.macro.Interpreter;
import java.nio.file.Files;
import java.nio.file.Paths;

/**
 * Starts the real ImageJ, runs one macro in it and quits: java -cp ij.jar RunMacro.java MACRO ARGUMENT [keep].
 *
 * ImageJ's own -macro option shows a dialog when a macro fails and waits for a click; here the message goes to the
 * standard error and the exit status is 1. With "keep" ImageJ stays open.
 */
public class RunMacro {
  public static void main(String[] arguments) throws Exception {
    final String macro = new String(Files.readAllBytes(Paths.get(arguments[0])), "UTF-8");
    final boolean keep = arguments.length > 2 && arguments[2].equals("keep");
    final ImageJ ij = new ImageJ(ImageJ.STANDALONE);
    ij.exitWhenQuitting(true);
    final Interpreter interpreter = new Interpreter();
    interpreter.setIgnoreErrors(!keep);
    interpreter.run(macro, arguments[1]);
    final boolean failed = interpreter.wasError();
    if (failed) System.err.println("macro: " + interpreter.getErrorMessage() + " in line " + interpreter.getLineNumber());
    if (IJ.getLog() != null) System.out.println(IJ.getLog());
    if (!keep) Runtime.getRuntime().halt(failed ? 1 : 0);
  }
}
