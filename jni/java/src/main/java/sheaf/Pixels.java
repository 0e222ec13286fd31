package sheaf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Copies pixels between arrays and the core's memory. In Java, because the JVM compiles this into wide moves, while
 * JNI's own copying of array regions moves 8 bytes at a time and takes about twice as long; lending the array to native
 * code instead would hold up the garbage collector. Called by the native bridge.
 */
final class Pixels {
  private Pixels() {}

  /**
   * Copies rows of an array, from element `start`, into memory where they begin `rowBytes` apart.
   *
   * @param memory begins with the first row; valid until the return only
   */
  static void toCore(Object array, int start, ByteBuffer memory, int width, int rows, int rowBytes) {
    memory.order(ByteOrder.nativeOrder());
    for (int y = 0; y < rows; y++) {
      memory.position(y * rowBytes);
      int from = start + y * width;
      if (array instanceof byte[])
        memory.put((byte[]) array, from, width);
      else if (array instanceof short[])
        memory.asShortBuffer().put((short[]) array, from, width);
      else if (array instanceof float[])
        memory.asFloatBuffer().put((float[]) array, from, width);
      else
        memory.asIntBuffer().put((int[]) array, from, width);
    }
  }

  /** The way back. */
  static void fromCore(Object array, int start, ByteBuffer memory, int width, int rows, int rowBytes) {
    memory.order(ByteOrder.nativeOrder());
    for (int y = 0; y < rows; y++) {
      memory.position(y * rowBytes);
      int to = start + y * width;
      if (array instanceof byte[])
        memory.get((byte[]) array, to, width);
      else if (array instanceof short[])
        memory.asShortBuffer().get((short[]) array, to, width);
      else if (array instanceof float[])
        memory.asFloatBuffer().get((float[]) array, to, width);
      else
        memory.asIntBuffer().get((int[]) array, to, width);
    }
  }
}
