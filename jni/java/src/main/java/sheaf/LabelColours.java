package sheaf;

import ij.process.LUT;

/**
 * Colours that can be told apart, by distance in CIE Lab. For label images each is as far from all before it as
 * possible, so that the first ones differ most; 0 is black, the background; 1 is white.
 */
final class LabelColours {
  private static final int LEVELS = 12; // per channel, of the candidates
  private static final int[] PALETTE = palette();

  private LabelColours() {}

  /**
   * The table for labels shown with the display range 0..max. Up to 255 each label has a colour of its own for ever.
   */
  static LUT table(int max) {
    byte[] r = new byte[256];
    byte[] g = new byte[256];
    byte[] b = new byte[256];
    for (int i = 0; i < 256; i++) {
      int rgb = PALETTE[max > 255 ? i : (int) Math.round(i * max / 255.0)];
      r[i] = (byte) (rgb >> 16);
      g[i] = (byte) (rgb >> 8);
      b[i] = (byte) rgb;
    }
    return new LUT(8, 256, r, g, b);
  }

  /** The colour of a label laid over a grey image, as 0xRRGGBB: not white; the colours of 1..254 repeat. */
  static int overlay(int label) {
    return label == 0 ? 0 : PALETTE[2 + (label - 1) % 254];
  }

  private static int[] palette() {
    // dark colours are lost on a black background
    return distinct(new int[] {0, 0xffffff}, 256, 30, 100);
  }

  /**
   * Colours as 0xRRGGBB, each as far from all before it as the RGB cube allows.
   *
   * @param first the ones to begin with
   * @param darkest least lightness of the others, 0 to 100
   * @param lightest greatest lightness of the others
   */
  static int[] distinct(int[] first, int size, double darkest, double lightest) {
    int count = LEVELS * LEVELS * LEVELS;
    int[] colours = new int[count];
    double[][] lab = new double[count][];
    double[] distance = new double[count]; // squared, to the nearest colour taken so far
    for (int i = 0; i < count; i++) {
      int red = i / (LEVELS * LEVELS) * 255 / (LEVELS - 1);
      int green = i / LEVELS % LEVELS * 255 / (LEVELS - 1);
      int blue = i % LEVELS * 255 / (LEVELS - 1);
      colours[i] = red << 16 | green << 8 | blue;
      lab[i] = lab(red, green, blue);
      boolean usable = lab[i][0] > darkest && lab[i][0] <= lightest;
      distance[i] = usable ? Double.MAX_VALUE : -1;
    }
    int[] palette = new int[size];
    for (int k = 0; k < size; k++) {
      if (k < first.length) {
        palette[k] = first[k];
      } else {
        int farthest = 0;
        for (int i = 1; i < count; i++) {
          if (distance[i] > distance[farthest])
            farthest = i;
        }
        palette[k] = colours[farthest];
      }
      double[] taken = lab(palette[k] >> 16 & 255, palette[k] >> 8 & 255, palette[k] & 255);
      for (int i = 0; i < count; i++) {
        double dl = lab[i][0] - taken[0];
        double da = lab[i][1] - taken[1];
        double db = lab[i][2] - taken[2];
        distance[i] = Math.min(distance[i], dl * dl + da * da + db * db);
      }
    }
    return palette;
  }

  /** CIE Lab of an sRGB colour, white point D65. */
  static double[] lab(int red, int green, int blue) {
    double r = linear(red);
    double g = linear(green);
    double b = linear(blue);
    double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    double y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    double z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double linear(int value) {
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }

  private static double f(double t) {
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116.0;
  }
}
