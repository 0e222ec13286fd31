package sheaf;

import ij.macro.Interpreter;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * ImageJ runs RunAtStartup.ijm at the same time as a macro that was given on its command line, and has one current
 * macro only, which each forgets when it ends. Then the other one would be none for ImageJ: it would go on after errors
 * of the functions that it calls; or one that has ended would stay the current one.
 */
final class StartupMacro {
  private static final long STEP_MS = 20;
  private static final int STEPS_AFTER = 50;

  private StartupMacro() {}

  /** To be called on the thread of the macro at start, while it runs. */
  static void watchOverOthers() {
    Thread startup = Thread.currentThread();
    Set<Interpreter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    look(seen);
    Thread thread = new Thread(() -> {
      try {
        while (startup.isAlive()) {
          look(seen);
          Thread.yield(); // it ends at once
        }
        // a macro is over some time before it restores what it found
        for (int steps = 0; steps < STEPS_AFTER; steps++) {
          Interpreter running = null;
          for (Interpreter macro : seen) {
            if (!macro.done())
              running = macro;
          }
          Interpreter current = Interpreter.getInstance();
          if (current == null ? running != null : current.done())
            makeCurrent(running);
          if (running != null)
            steps = 0;
          Thread.sleep(STEP_MS);
        }
      } catch (InterruptedException | ReflectiveOperationException | RuntimeException e) {
        // another ImageJ: it is as it would be without this
      }
    }, "Sheaf start");
    thread.setDaemon(true);
    thread.start();
  }

  private static void look(Set<Interpreter> seen) {
    Interpreter macro = Interpreter.getInstance();
    if (macro != null)
      seen.add(macro);
  }

  private static void makeCurrent(Interpreter macro) throws ReflectiveOperationException {
    Method set = Interpreter.class.getDeclaredMethod("setInstance", Interpreter.class);
    set.setAccessible(true);
    set.invoke(null, macro);
  }
}
