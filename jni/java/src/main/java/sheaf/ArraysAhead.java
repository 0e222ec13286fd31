package sheaf;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * Makes the arrays for the images of an output, a little ahead of their use. The JVM clears a new array, which takes as
 * long as filling it; on a thread of its own that costs the run nothing.
 */
final class ArraysAhead {
  private static final int AHEAD = 2;
  private static final long WORTH_A_THREAD = 256 << 10; // bytes
  private static final long MOST_AHEAD = 64 << 20; // bytes: more could be what the heap has left

  private final int pixel;
  private final int length;
  private final ArrayBlockingQueue<Object> made = new ArrayBlockingQueue<>(AHEAD);
  private final Thread maker;

  /** @param count how many will be taken */
  ArraysAhead(int pixel, int length, int count) {
    this.pixel = pixel;
    this.length = length;
    long bytes = (long) length * (pixel == Abi.U8 ? 1 : pixel == Abi.U16 ? 2 : 4);
    boolean worth = count > AHEAD && bytes >= WORTH_A_THREAD && AHEAD * bytes <= MOST_AHEAD;
    maker = worth ? new Thread(() -> make(count), "Sheaf arrays") : null;
    if (maker != null) {
      maker.setDaemon(true);
      maker.start();
    }
  }

  private void make(int count) {
    try {
      for (int i = 0; i < count; i++) made.put(create(pixel, length));
    } catch (InterruptedException | OutOfMemoryError e) {
      made.clear(); // closed; or take() meets the lack of memory itself, where it can be told
    }
  }

  Object take() {
    Object array = made.poll();
    return array != null ? array : create(pixel, length);
  }

  void close() {
    if (maker != null)
      maker.interrupt();
  }

  /** @param pixel any type but labels */
  static Object create(int pixel, int length) {
    switch (pixel) {
      case Abi.U8:
        return new byte[length];
      case Abi.U16:
        return new short[length];
      case Abi.F32:
        return new float[length];
      case Abi.RGB:
        return new int[length];
      default:
        throw new SheafException(Abi.INTERNAL, "pixel type " + pixel + " is unknown to this bridge");
    }
  }
}
