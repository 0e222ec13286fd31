package sheaf;

/** One execution of an operation; must be closed. */
final class Run implements AutoCloseable {
  private final Session session;
  private final Client client;
  private long handle;

  /**
   * Checks parameters and inputs.
   *
   * @param params a JSON object, "" = all defaults
   * @throws SheafException if they are refused
   */
  Run(Session session, String operation, String params, int inputs, Client client) {
    this.session = session;
    this.client = client;
    try {
      handle = session.begin(s -> create(s, operation, params, inputs, client));
    } catch (SheafException e) {
      throw caused(e);
    }
  }

  /** Does the whole job on this thread. */
  void execute() {
    try {
      execute(handle);
    } catch (SheafException e) {
      throw caused(e);
    }
  }

  /** Computes image n (from 0) alone. */
  void preview(long n) {
    try {
      preview(handle, n);
    } catch (SheafException e) {
      throw caused(e);
    }
  }

  /** Whether the operation can compute one image alone. */
  boolean hasPreview() {
    try {
      preview(handle, -1); // is refused in any case: for the image if there is a preview
      return false;
    } catch (SheafException e) {
      return e.code() != Abi.UNSUPPORTED;
    }
  }

  /** The parameters in force, as JSON. */
  String params() {
    return params(handle);
  }

  /** Stops execute or preview; any thread. */
  synchronized void cancel() {
    if (handle != 0)
      cancel(handle);
  }

  @Override
  public synchronized void close() {
    if (handle == 0)
      return;
    destroy(handle);
    handle = 0;
    session.ended();
  }

  private SheafException caused(SheafException e) {
    if (client.failure() != null && client.failure() != e && e.getCause() == null)
      e.initCause(client.failure());
    return e;
  }

  private static native long create(long session, String operation, String params, int inputs, Client client);

  private static native void execute(long run);

  private static native void preview(long run, long n);

  private static native void cancel(long run);

  private static native String params(long run);

  private static native void destroy(long run);
}
