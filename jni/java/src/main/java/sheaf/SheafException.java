package sheaf;

/**
 * A run that did not succeed. The message is one sentence that says what was given, what is accepted, and which
 * parameter or image.
 */
public class SheafException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The run was stopped: by Esc, by an interrupt, or because its image was closed. Not a mistake of anybody. */
  public static final class Cancelled extends SheafException {
    private static final long serialVersionUID = 1L;

    Cancelled(String message) {
      super(Abi.CANCELLED, message);
    }
  }

  private static final String[] NAMES = {
      "ok", "cancelled", "invalid", "unsupported", "no memory", "io", "failed", "internal"};

  private final int status;

  SheafException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The exception for a status of sheaf_types.h; called by the native bridge. */
  static SheafException of(int status, String message) {
    return status == Abi.CANCELLED ? new Cancelled(message) : new SheafException(status, message);
  }

  static SheafException invalid(String message) {
    return new SheafException(Abi.INVALID, message);
  }

  static SheafException io(String message, Throwable cause) {
    SheafException e = new SheafException(Abi.IO, message);
    if (cause != null)
      e.initCause(cause);
    return e;
  }

  int code() {
    return status;
  }

  /**
   * What kind of failure: "cancelled", "invalid" (a parameter or an image is outside what is accepted), "unsupported",
   * "no memory", "io", "failed" (the computation), "internal" (a mistake in Sheaf or a plugin).
   */
  public String status() {
    return status >= 0 && status < NAMES.length ? NAMES[status] : "unknown";
  }
}
