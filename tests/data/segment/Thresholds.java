import ij.IJ;
import ij.process.AutoThresholder;
import ij.process.AutoThresholder.Method;
import java.io.IOException;
import java.io.PrintStream;

/**
 * Writes what ImageJ's AutoThresholder makes of histograms that histograms.hpp makes again:
 *
 *   javac -cp ij-1.54p.jar Thresholds.java
 *   java -cp ij-1.54p.jar:. Thresholds SEEDS imagej_thresholds.csv
 *
 * ImageJ reports on standard output where it finds no threshold; it gives 0 then.
 */
public class Thresholds {
  private static final Method[] METHODS = {Method.Otsu, Method.Li, Method.Yen, Method.Triangle, Method.IsoData};
  private static final int SHAPES = 12;
  private static int state;

  private static int draw(int below) {
    state = state * 1664525 + 1013904223;
    return (state >>> 16) * below >>> 16;
  }

  private static void bump(int[] h, int centre, int radius, int height) {
    for (int i = Math.max(0, centre - radius); i <= Math.min(h.length - 1, centre + radius); i++) {
      int d = radius - Math.abs(i - centre);
      h[i] += height * d / Math.max(1, radius) + draw(3);
    }
  }

  private static int[] histogram(int shape, int seed) {
    state = seed * 48271 + shape;
    int[] h = new int[shape == 11 ? 65536 : 256];
    switch (shape) {
      case 0: // anything
        for (int i = 0; i < 256; i++) h[i] = draw(1000);
        break;
      case 1: // gaps
        for (int i = 0; i < 256; i++) h[i] = draw(16) == 0 ? draw(1000) : 0;
        break;
      case 2: // a few levels
        for (int i = 3 + draw(4); i > 0; i--) h[draw(256)] += 1 + draw(100);
        break;
      case 3: // two peaks
        bump(h, 20 + draw(80), 5 + draw(40), 100 + draw(5000));
        bump(h, 130 + draw(100), 5 + draw(60), 100 + draw(5000));
        break;
      case 4: // one peak with a tail to the right
        for (int i = draw(40); i < 256; i++) h[i] = 20000 / (1 + i * i / (20 + draw(5))) + draw(4);
        break;
      case 5: // symmetric, so that levels tie
        for (int i = 0; i < 128; i++) h[i] = h[255 - i] = draw(4) == 0 ? draw(50) : 0;
        break;
      case 6: // a plateau
        for (int i = draw(100), end = 100 + draw(156); i < end; i++) h[i] = 37;
        break;
      case 7: // spikes at the ends
        bump(h, 100 + draw(50), 20 + draw(40), 200 + draw(300));
        h[0] += draw(20000);
        h[255] += draw(20000);
        break;
      case 8: // a narrow range
        for (int i = draw(240), end = i + 4 + draw(12); i < end; i++) h[i] = draw(500);
        break;
      case 9: // many pixels, still within 32 bits
        for (int i = 0; i < 256; i++) h[i] = draw(30000);
        break;
      case 10: // one or two levels
        h[draw(256)] += 1 + draw(100);
        h[draw(256)] += 1 + draw(100);
        break;
      default: // 16 bits
        for (int i = 0, low = draw(20000), range = 300 + draw(20000); i < 600; i++)
          h[low + (draw(range) + draw(range)) / (1 + draw(2))] += 1 + draw(4);
    }
    return h;
  }

  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(args[1]);
    out.println("# ImageJ " + IJ.getVersion() + ", written by Thresholds.java");
    out.println("shape,seed,otsu,li,yen,triangle,isodata");
    for (int shape = 0; shape < SHAPES; shape++)
      for (int seed = 1; seed <= Integer.parseInt(args[0]); seed++) {
        StringBuilder line = new StringBuilder(shape + "," + seed);
        for (Method m : METHODS) line.append(',').append(new AutoThresholder().getThreshold(m, histogram(shape, seed)));
        out.println(line);
      }
    out.close();
  }
}
