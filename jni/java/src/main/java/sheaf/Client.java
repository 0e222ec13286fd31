package sheaf;

/**
 * What a run asks for and delivers to: the callbacks of sheaf_client. All of them are called on the thread that is
 * inside {@link Run}'s constructor, execute or preview. An exception ends the run with that exception's text.
 */
abstract class Client {
  private Throwable failure;
  private String failureText = "";

  abstract Info inputInfo(int input);

  /** The name of image n (from 0), or null. */
  abstract String sliceLabel(int input, long n);

  /** byte[], short[], float[] or int[] as announced by inputInfo; the array is only read, and only until the return. */
  abstract Object readSlice(int input, long n);

  /** 0 or 255 for each pixel, or null where everything is inside. */
  abstract byte[] readMask(int input);

  abstract boolean wanted(String name);

  abstract void outputBegin(int output, String name, Info info);

  /** An array to be filled and handed to {@link #writeSlice}; labels come without asking for one. */
  Object blank(int output, int pixel, int length) {
    return ArraysAhead.create(pixel, length);
  }

  /**
   * Takes an array that belongs to the client from now on; labels come as short[] if all are below 65536, else
   * float[].
   *
   * @param largest of the labels; 0 where pixels are no labels
   */
  abstract void writeSlice(int output, long n, Object pixels, int largest);

  /** One of numbers and texts is null. */
  abstract void column(String table, String column, double[] numbers, String[] texts);

  abstract void roi(int kind, long slice, float[] xy, int[] ringEnds, int label, double score, String name);

  abstract void json(String kind, String json);

  abstract void progress(double fraction, String text);

  abstract void log(int level, String message);

  /** Takes what a callback threw and says with which status the run ends. Called by the native bridge. */
  final int failed(Throwable thrown) {
    if (failure == null)
      failure = thrown;
    failureText = sentence(thrown);
    if (thrown instanceof SheafException)
      return ((SheafException) thrown).code();
    return thrown instanceof OutOfMemoryError ? Abi.NO_MEMORY : Abi.IO;
  }

  final String failureText() {
    return failureText;
  }

  /** What the first failing callback threw, or null. */
  final Throwable failure() {
    return failure;
  }

  private static String sentence(Throwable thrown) {
    String message = thrown.getMessage();
    if (thrown instanceof SheafException && message != null)
      return message;
    if (thrown instanceof OutOfMemoryError) {
      return "ImageJ has no memory left (" + (Runtime.getRuntime().maxMemory() >> 20)
          + " MB are set in Edit>Options>Memory & Threads); raise it, close images, or let Sheaf Settings send smaller"
          + " results to disk";
    }
    String name = thrown.getClass().getSimpleName();
    return message == null || message.isEmpty() ? name : name + ": " + message;
  }
}
