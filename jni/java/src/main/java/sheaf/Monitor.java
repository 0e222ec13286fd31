package sheaf;

/**
 * Who watches a run. The methods are called on the run's thread, but for stopRequested, which is asked on another one.
 */
class Monitor {
  void progress(double fraction, String text) {}

  void log(int level, String message) {}

  /** Asked every 50 ms; true ends the run. */
  boolean stopRequested() {
    return false;
  }
}
