package sheaf;

import ij.IJ;
import java.awt.Dialog;
import java.awt.KeyboardFocusManager;

/**
 * Esc stops runs, but not where it closes a dialog, perhaps that of another command: ImageJ sets its flag then, too, and
 * takes it back when the dialog is gone.
 */
final class Escape {
  private static final long GOING_NANOS = 300_000_000L;

  private static long dialogSeen = System.nanoTime() - GOING_NANOS;

  private Escape() {}

  /** Ask at least twice in 300 ms. */
  static synchronized boolean pressed() {
    long now = System.nanoTime();
    if (KeyboardFocusManager.getCurrentKeyboardFocusManager().getActiveWindow() instanceof Dialog)
      dialogSeen = now;
    return IJ.escapePressed() && now - dialogSeen > GOING_NANOS;
  }
}
