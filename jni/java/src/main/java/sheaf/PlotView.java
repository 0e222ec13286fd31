package sheaf;

import ij.gui.GUI;
import ij.gui.Plot;
import java.awt.Color;
import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Draws the plots of docs/results.md with ImageJ's Plot. */
final class PlotView {
  // no group is grey; the first groups have Okabe and Ito's palette, which readers with colour-blindness can tell apart
  // (jfly.uni-koeln.de/color); the others as far from all of these as a white background allows
  private static final int[] GROUPS = LabelColours.distinct(
      new int[] {0x9a9a9a, 0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x8c6d1f, 0x444444}, 65, 25, 72);
  private static final int NAMED_POINTS = 60; // more names would cover one another
  private static final int LEGEND_GROUPS = 12;

  // of a dendrogram, in pixels
  private static final int FRAME_WIDTH = 520;
  private static final int LEAST_HEIGHT = 160;
  private static final int GREATEST_LINE = 16;
  private static final int LEAST_LINE = 9; // of which names can be read
  private static final int AROUND_FRAME = 300; // axis, buttons, title bar, and where the window stands on the screen

  private final Map<String, Object> data;
  private final Plot plot;

  private PlotView(Map<String, Object> data) {
    this.data = data;
    plot = new Plot(text("title", "Plot"), text("x_label", "x"), text("y_label", "y"));
  }

  /** @throws SheafException if the data are not a plot */
  static Plot draw(Map<String, Object> data) {
    PlotView view = new PlotView(data);
    String kind = view.text("kind", "");
    switch (kind) {
      case "curve":
        view.curve();
        break;
      case "scatter":
        view.scatter();
        break;
      case "dendrogram":
        view.dendrogram();
        break;
      case "histogram":
        view.histogram();
        break;
      default:
        throw new SheafException(Abi.UNSUPPORTED,
            "plot " + view.text("name", "") + ": the kind \"" + kind + "\" is unknown to this version");
    }
    view.plot.setColor(Color.black);
    return view.plot;
  }

  private void curve() {
    double[] x = numbers("x");
    double[] y = numbers("y");
    plot.setColor(colour(1));
    plot.setLineWidth(2);
    plot.addPoints(x, y, Plot.LINE);
    plot.setColor(colour(1), colour(1));
    plot.setLineWidth(1);
    plot.addPoints(x, y, Plot.CIRCLE);
    if (data.get("mark") instanceof Double) {
      double mark = (Double) data.get("mark");
      for (int i = 0; i < x.length; i++) {
        if (x[i] != mark)
          continue;
        plot.setColor(colour(2), colour(2));
        plot.setLineWidth(2);
        plot.addPoints(new double[] {x[i]}, new double[] {y[i]}, Plot.DIAMOND);
      }
    }
    plot.setLineWidth(1);
    fit(x, y, 0.05);
  }

  /** ImageJ's own fit puts the outermost points on the frame, which cuts them in two. */
  private void fit(double[] x, double[] y, double right) {
    double[] limits = {Double.MAX_VALUE, -Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE};
    for (int i = 0; i < x.length; i++) {
      if (Double.isNaN(x[i]) || Double.isNaN(y[i]))
        continue;
      limits[0] = Math.min(limits[0], x[i]);
      limits[1] = Math.max(limits[1], x[i]);
      limits[2] = Math.min(limits[2], y[i]);
      limits[3] = Math.max(limits[3], y[i]);
    }
    if (limits[0] > limits[1])
      return; // nothing to show
    double width = limits[1] > limits[0] ? limits[1] - limits[0] : 1;
    double height = limits[3] > limits[2] ? limits[3] - limits[2] : 1;
    plot.setLimits(
        limits[0] - 0.05 * width, limits[1] + right * width, limits[2] - 0.06 * height, limits[3] + 0.06 * height);
  }

  private void scatter() {
    double[] x = numbers("x");
    double[] y = numbers("y");
    double[] group = data.containsKey("group") ? numbers("group") : new double[x.length];
    TreeSet<Integer> groups = new TreeSet<>();
    for (double g : group) groups.add((int) g);
    StringBuilder legend = new StringBuilder();
    for (int g : groups) {
      List<Double> gx = new ArrayList<>();
      List<Double> gy = new ArrayList<>();
      for (int i = 0; i < x.length; i++) {
        if ((int) group[i] != g)
          continue;
        gx.add(x[i]);
        gy.add(y[i]);
      }
      plot.setColor(colour(g), colour(g));
      plot.addPoints(array(gx), array(gy), Plot.CIRCLE);
      legend.append(legend.length() > 0 ? "\n" : "").append(g == 0 ? "none" : "cluster " + g);
    }
    List<String> names = texts("names");
    boolean named = names.size() == x.length && x.length <= NAMED_POINTS;
    fit(x, y, named ? 0.15 : 0.05);
    if (named)
      namePoints(names, x, y);
    plot.setColor(Color.black);
    if (groups.size() > LEGEND_GROUPS)
      numberGroups(groups, x, y, group);
    else if (groups.size() > 1)
      plot.addLegend(legend.toString());
  }

  /** Names stand to the right of their points; one that would lie on another name is left out. */
  private void namePoints(List<String> names, double[] x, double[] y) {
    final int size = 11;
    plot.setColor(Color.darkGray);
    plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
    plot.setJustification(Plot.LEFT);
    double[] limits = plot.getLimits();
    double perPixelX = (limits[1] - limits[0]) / plot.getSize().width;
    double perPixelY = (limits[3] - limits[2]) / plot.getSize().height;
    List<Rectangle> taken = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      if (Double.isNaN(x[i]) || Double.isNaN(y[i]))
        continue;
      String name = shortened(names.get(i), 24);
      Rectangle place =
          new Rectangle((int) (x[i] / perPixelX), (int) (y[i] / perPixelY), name.length() * size * 7 / 10, size);
      if (taken.stream().anyMatch(place::intersects))
        continue;
      taken.add(place);
      plot.addText(name, x[i] + 6 * perPixelX, y[i]);
    }
    plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
  }

  /** In place of a legend that would cover the points: the number of each group at its centre. */
  private void numberGroups(TreeSet<Integer> groups, double[] x, double[] y, double[] group) {
    plot.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 12));
    plot.setJustification(Plot.CENTER);
    for (int g : groups) {
      double sumX = 0;
      double sumY = 0;
      int count = 0;
      for (int i = 0; i < x.length; i++) {
        if ((int) group[i] != g || Double.isNaN(x[i]) || Double.isNaN(y[i]))
          continue;
        sumX += x[i];
        sumY += y[i];
        count++;
      }
      if (g == 0 || count == 0)
        continue;
      plot.setColor(colour(g).darker());
      plot.addText(Integer.toString(g), sumX / count, sumY / count);
    }
    plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    plot.setColor(Color.black);
  }

  private void histogram() {
    double[] edges = numbers("edges");
    double[] counts = numbers("counts");
    double[] centres = new double[counts.length];
    Arrays.setAll(centres, i -> (edges[i] + edges[i + 1]) / 2);
    plot.setColor(colour(1).darker(), colour(6));
    plot.addPoints(centres, counts, Plot.BAR);
    plot.setLimits(edges[0], edges[edges.length - 1], 0, Double.NaN);
  }

  /** Lies on its side, so that the names of the leaves can be read: leaves on the left, heights to the right. */
  private void dendrogram() {
    double[][] linkage = rows("linkage");
    int leaves = linkage.length + 1;
    double[] order = numbers("order");
    double cut = data.get("cut") instanceof Double ? (Double) data.get("cut") : Double.NaN;
    double[] height = new double[leaves + linkage.length];
    double[] place = new double[height.length]; // on the vertical axis; the first leaf is at the top
    int[] group = new int[height.length]; // 0 = above the cut
    for (int i = 0; i < leaves; i++) place[(int) order[i]] = leaves - i;
    for (int r = 0; r < linkage.length; r++) {
      height[leaves + r] = linkage[r][2];
      place[leaves + r] = (place[(int) linkage[r][0]] + place[(int) linkage[r][1]]) / 2;
    }
    colourGroups(linkage, leaves, order, height, cut, group);

    double highest = 0;
    for (double h : height) highest = Math.max(highest, h);
    List<String> names = texts("names");
    int room = frameHeight();
    int lines = Math.max(leaves, LEAST_HEIGHT / GREATEST_LINE);
    double lineHeight = Math.min(GREATEST_LINE, (double) room / lines);
    boolean named = names.size() == leaves && lineHeight >= LEAST_LINE;
    plot.setFrameSize(FRAME_WIDTH, (int) Math.round(lines * lineHeight));
    // a vertical axis without any flag would show the ends of its range; this flag shows nothing
    plot.setFormatFlags(Plot.X_NUMBERS | Plot.X_TICKS | Plot.X_GRID | Plot.Y_LOG_TICKS);
    plot.setXYLabels(text("y_label", "height"), "");
    plot.setLimits(0, highest > 0 ? highest * 1.04 : 1, 0.3, leaves + 0.7);

    TreeSet<Integer> groups = new TreeSet<>();
    for (int g : group) groups.add(g);
    for (int g : groups) {
      List<Double> x = new ArrayList<>();
      List<Double> y = new ArrayList<>();
      for (int r = 0; r < linkage.length; r++) {
        int node = leaves + r;
        for (int side = 0; side < 2; side++) {
          int child = (int) linkage[r][side];
          if (group[child] != g)
            continue;
          // from the child to the level where it joins, then to its parent
          Collections.addAll(x, height[child], height[node], height[node], Double.NaN);
          Collections.addAll(y, place[child], place[child], place[node], Double.NaN);
        }
      }
      if (x.isEmpty())
        continue;
      plot.setColor(colour(g));
      plot.setLineWidth(leaves > 150 ? 1 : 2);
      plot.addPoints(array(x), array(y), Plot.LINE);
    }
    plot.setLineWidth(1);
    if (cut > 0 && cut < highest * 1.04) {
      plot.setColor(Color.red);
      plot.drawDottedLine(cut, 0.3, cut, leaves + 0.7, 4);
    }
    if (named)
      nameLeaves(names, order, group, highest, lineHeight);
    else
      nameGroups(order, group, highest, lineHeight);
  }

  /** What the screen has room for, so that the whole tree is seen at once. */
  private static int frameHeight() {
    int screen = GraphicsEnvironment.isHeadless() ? 1080 : GUI.getMaxWindowBounds().height;
    return Math.max(LEAST_HEIGHT, screen - AROUND_FRAME);
  }

  private void nameLeaves(List<String> names, double[] order, int[] group, double highest, double lineHeight) {
    String[] texts = new String[order.length];
    double[] places = new double[order.length];
    int[] groups = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      int leaf = (int) order[i];
      texts[i] = shortened(names.get(leaf), 32);
      places[i] = order.length - i;
      groups[i] = group[leaf];
    }
    name(texts, places, groups, highest, (int) Math.max(LEAST_LINE, Math.min(12, lineHeight - 2)), lineHeight);
  }

  /** Where leaves lie too close to be named, their clusters are, if they are high enough. */
  private void nameGroups(double[] order, int[] group, double highest, double lineHeight) {
    List<String> texts = new ArrayList<>();
    List<Double> places = new ArrayList<>();
    List<Integer> groups = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= order.length; i++) {
      int g = group[(int) order[start]];
      if (i < order.length && group[(int) order[i]] == g)
        continue;
      if (g > 0 && (i - start) * lineHeight >= LEAST_LINE + 2) {
        texts.add("cluster " + g + " (" + (i - start) + ")");
        places.add(order.length - (start + i - 1) / 2.0);
        groups.add(g);
      }
      start = i;
    }
    name(texts.toArray(new String[0]), array(places), groups.stream().mapToInt(g -> g).toArray(), highest, 11,
        lineHeight);
  }

  private void name(String[] texts, double[] places, int[] groups, double highest, int size, double lineHeight) {
    int longest = 0;
    for (String text : texts) longest = Math.max(longest, text.length());
    // ImageJ leaves 65 pixels at the left
    plot.setOptions("addhspace=" + Math.max(0, longest * size * 6 / 10 - 50));
    plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
    plot.setJustification(Plot.RIGHT);
    double gap = highest * 0.012;
    for (int i = 0; i < texts.length; i++) {
      plot.setColor(groups[i] == 0 ? Color.black : colour(groups[i]).darker());
      // text stands on its base line
      plot.addText(texts[i], -gap, places[i] - 0.35 * size / lineHeight);
    }
    plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
  }

  /** Subtrees that the cut leaves whole get the clusters' numbers if they are given, else numbers from the top. */
  private void colourGroups(double[][] linkage, int leaves, double[] order, double[] height, double cut, int[] group) {
    if (Double.isNaN(cut))
      return;
    int[] root = new int[height.length]; // of the subtree below the cut
    for (int node = height.length - 1; node >= 0; node--) {
      if (root[node] == 0 && height[node] <= cut)
        root[node] = node + 1;
      if (node < leaves)
        continue;
      for (int side = 0; side < 2; side++) root[(int) linkage[node - leaves][side]] = root[node];
    }
    double[] given = data.containsKey("group") ? numbers("group") : null;
    int[] number = new int[height.length + 1];
    int next = 1;
    for (double leaf : order) {
      int r = root[(int) leaf];
      if (number[r] == 0)
        number[r] = given == null ? next++ : (int) given[(int) leaf];
    }
    for (int node = 0; node < height.length; node++) group[node] = root[node] == 0 ? 0 : number[root[node]];
  }

  /** @param group 0 = none; beyond the palette the colours begin again */
  static Color colour(int group) {
    return new Color(GROUPS[group <= 0 ? 0 : 1 + (group - 1) % (GROUPS.length - 1)]);
  }

  private static String shortened(String name, int length) {
    return name.length() <= length ? name : name.substring(0, length - 1) + "\u2026";
  }

  // ---- reading -------------------------------------------------------------------------

  private String text(String key, String fallback) {
    Object value = data.get(key);
    return value instanceof String ? (String) value : fallback;
  }

  private double[] numbers(String key) {
    Object value = data.get(key);
    if (!(value instanceof List))
      throw wrong(key);
    return numbers((List<?>) value, key);
  }

  private double[] numbers(List<?> list, String key) {
    double[] numbers = new double[list.size()];
    for (int i = 0; i < numbers.length; i++) {
      Object v = list.get(i);
      if (v != null && !(v instanceof Double))
        throw wrong(key);
      numbers[i] = v == null ? Double.NaN : (Double) v;
    }
    return numbers;
  }

  private double[][] rows(String key) {
    Object value = data.get(key);
    if (!(value instanceof List))
      throw wrong(key);
    List<double[]> rows = new ArrayList<>();
    for (Object row : (List<?>) value) {
      if (!(row instanceof List) || ((List<?>) row).size() < 3)
        throw wrong(key);
      rows.add(numbers((List<?>) row, key));
    }
    return rows.toArray(new double[0][]);
  }

  private List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    if (data.get(key) instanceof List) {
      for (Object item : (List<?>) data.get(key)) texts.add(String.valueOf(item));
    }
    return texts;
  }

  private SheafException wrong(String key) {
    return new SheafException(
        Abi.INTERNAL, "plot " + text("name", "") + ": the operation gave no usable \"" + key + "\"");
  }

  private static double[] array(List<Double> list) {
    double[] values = new double[list.size()];
    Arrays.setAll(values, list::get);
    return values;
  }
}
