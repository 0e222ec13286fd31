package sheaf;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Looks after runs, 20 times a second, on a thread of its own. The thread outlives a run by some seconds: to start or
 * wake one takes a good part of the time of a short run, and in a macro another soon follows.
 */
final class Watchman {
  /** Something to look after. */
  interface Duty {
    void look();
  }

  private static final long INTERVAL_MS = 50;
  private static final int IDLE_LOOKS = 100; // 5 seconds

  private static final Set<Duty> DUTIES = ConcurrentHashMap.newKeySet();
  private static boolean awake;

  private Watchman() {}

  /** The first look is after 50 ms at most. */
  static void begin(Duty duty) {
    DUTIES.add(duty);
    synchronized (Watchman.class) {
      if (awake)
        return;
      Thread thread = new Thread(Watchman::watch, "Sheaf watch");
      thread.setDaemon(true);
      thread.start();
      awake = true;
    }
  }

  static void end(Duty duty) {
    DUTIES.remove(duty);
  }

  private static void watch() {
    for (int idle = 0;; idle++) {
      try {
        Thread.sleep(INTERVAL_MS);
      } catch (InterruptedException e) {
        // nobody has a reason to; it goes on
      }
      for (Duty duty : DUTIES) {
        duty.look();
        idle = 0;
      }
      if (idle < IDLE_LOOKS)
        continue;
      synchronized (Watchman.class) {
        if (DUTIES.isEmpty()) {
          awake = false;
          return;
        }
      }
    }
  }
}
