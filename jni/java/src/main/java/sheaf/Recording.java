package sheaf;

import ij.IJ;
import ij.plugin.frame.Recorder;
import java.awt.GraphicsEnvironment;
import java.util.Map;

/**
 * Writes one exact line into ImageJ's Recorder. Its own collecting of dialog fields is not used: it takes every field,
 * asks the user about keys that merely contain one another, and records commands that were cancelled.
 */
final class Recording {
  private Recording() {}

  private static boolean isOn() {
    return !GraphicsEnvironment.isHeadless() && IJ.recording() && Recorder.getCommand() != null;
  }

  /** Records the running command with these options, in the language the Recorder is set to. */
  static void write(String command, Map<String, String> given, Schema schema) {
    if (!isOn())
      return;
    drop();
    String options;
    try {
      options = Options.write(given, schema);
    } catch (SheafException e) {
      Recorder.recordString("// " + command + " cannot be recorded: " + e.getMessage() + "\n");
      return;
    }
    // an empty text would open the dialog again on replay
    String text = Recorder.fixString(options.isEmpty() ? " " : options);
    Recorder.recordString((Recorder.scriptMode() ? "IJ.run(" : "run(") + "\"" + command + "\", \"" + text + "\");\n");
  }

  /** Makes the Recorder forget the running command. */
  static void drop() {
    if (isOn())
      Recorder.disableCommandRecording();
  }
}
