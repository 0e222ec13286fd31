package sheaf;

import ij.process.LUT;

/**
 * Colours for label images: each is as far from all before it as the RGB cube allows, by distance in CIE Lab, so that
 * the first ones can be told apart best. 0 is black, the background; 1 is white.
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
      distance[i] = Double.MAX_VALUE;
    }
    int[] palette = new int[256];
    int next = 0; // black
    for (int k = 0; k < palette.length; k++) {
      palette[k] = colours[next];
      double[] taken = lab[next];
      int farthest = 0;
      for (int i = 0; i < count; i++) {
        double dl = lab[i][0] - taken[0];
        double da = lab[i][1] - taken[1];
        double db = lab[i][2] - taken[2];
        distance[i] = Math.min(distance[i], dl * dl + da * da + db * db);
        // dark colours are lost on a black background
        if (lab[i][0] > 30 && distance[i] > distance[farthest])
          farthest = i;
      }
      next = k == 0 ? count - 1 : farthest;
    }
    return palette;
  }

  /** CIE Lab of an sRGB colour, white point D65. */
  private static double[] lab(int red, int green, int blue) {
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
