package sheaf;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A session of the native core: its threads, its memory budget, the plugins it knows. Independent of all windows; any
 * thread may use it.
 */
public final class Session implements AutoCloseable {
  private long handle;
  private int runs;

  /**
   * @param threads worker threads, 0 = one for each processor
   * @param memoryBytes budget of native memory for images, 0 = half of the machine's
   */
  public Session(int threads, long memoryBytes) {
    this(threads, memoryBytes, true);
  }

  Session(int threads, long memoryBytes, boolean defaultPlugins) {
    NativeLoader.load();
    handle = create(threads, memoryBytes, defaultPlugins);
  }

  /** Changes threads and memory for runs that start afterwards. */
  public synchronized void configure(int threads, long memoryBytes) {
    configure(open(), threads, memoryBytes);
  }

  /** Loads a plugin library, or all of a folder; null looks through the default folders again. */
  public synchronized void load(String path) {
    if (runs > 0)
      throw SheafException.invalid("plugins cannot be loaded while a command is running; try again afterwards");
    load(open(), path);
  }

  /** Ids of all operations, sorted. */
  public synchronized List<String> operations() {
    return Collections.unmodifiableList(Arrays.asList(operations(open())));
  }

  /** The complete schema of an operation as JSON, or null if no loaded plugin brings it. */
  public synchronized String schema(String operation) {
    return schema(open(), operation);
  }

  /** The plugin libraries seen, loaded or not and why, as JSON. */
  public synchronized String plugins() {
    return plugins(open());
  }

  /** Threads and memory as JSON. */
  public synchronized String state() {
    return state(open());
  }

  /** Version of the native core, "1.0.0". */
  public static String coreVersion() {
    NativeLoader.load();
    int v = version();
    return (v >> 16) + "." + (v >> 8 & 255) + "." + (v & 255);
  }

  synchronized int runs() {
    return runs;
  }

  /** A run is created while no other thread uses the session, and counts until {@link #ended}. */
  synchronized long begin(RunFactory factory) {
    long run = factory.create(open());
    runs++;
    return run;
  }

  synchronized void ended() {
    runs--;
  }

  interface RunFactory {
    long create(long session);
  }

  @Override
  public synchronized void close() {
    if (handle == 0)
      return;
    if (runs > 0)
      throw new IllegalStateException("a run of this session has not ended");
    destroy(handle);
    handle = 0;
  }

  private long open() {
    if (handle == 0)
      throw new IllegalStateException("this session is closed");
    return handle;
  }

  static native int version();

  private static native long create(int threads, long memoryBytes, boolean defaultPlugins);

  private static native void destroy(long session);

  private static native void configure(long session, int threads, long memoryBytes);

  private static native void load(long session, String path);

  private static native String plugins(long session);

  private static native String state(long session);

  private static native String[] operations(long session);

  private static native String schema(long session, String operation);
}
