package sheaf;

/** What macros pass to the functions of the tools: text, also where it is a number. */
final class Arguments {
  /** Beyond this a stroke would be drawn for minutes without touching the image. */
  private static final int FARTHEST = 1000000;

  private Arguments() {}

  /** A whole number; one that no int holds becomes the nearest. */
  static int whole(String key, String text) {
    try {
      double v = Double.parseDouble(text.trim());
      if (v == Math.rint(v))
        return (int) v;
    } catch (NumberFormatException e) {
      // said below
    }
    throw SheafException.invalid(key + ": \"" + text + "\" given, needs a whole number");
  }

  /** A coordinate or a length in pixels, which may lie outside the image. */
  static int pixels(String key, String text) {
    int v = whole(key, text);
    if (Math.abs((long) v) > FARTHEST)
      throw SheafException.invalid(key + ": " + text.trim() + " given, accepted: -" + FARTHEST + " to " + FARTHEST);
    return v;
  }

  /** @param text "x,y,x,y,..." of one point or more */
  static int[] points(String text) {
    if (text.trim().isEmpty())
      throw SheafException.invalid("points: none given, needs x,y of one point or more, such as \"10,20,15,20\"");
    String[] parts = text.trim().split("\\s*,\\s*|\\s+", -1);
    int[] values = new int[parts.length];
    for (int i = 0; i < parts.length; i++) values[i] = pixels("points", parts[i]);
    if (parts.length % 2 != 0) {
      throw SheafException.invalid("points: " + parts.length + (parts.length == 1 ? " number" : " numbers")
          + " given, needs an even count: x and y of each point");
    }
    return values;
  }
}
