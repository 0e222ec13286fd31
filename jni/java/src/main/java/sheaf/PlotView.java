package sheaf;

import ij.gui.Plot;
import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Draws the plots of docs/results.md with ImageJ's Plot. */
final class PlotView {
  // Okabe and Ito's palette, which readers with colour-blindness can tell apart (jfly.uni-koeln.de/color)
  private static final Color[] GROUPS = {new Color(0x0072b2), new Color(0xd55e00), new Color(0x009e73),
      new Color(0xcc79a7), new Color(0xe69f00), new Color(0x56b4e9), new Color(0x8c6d1f), new Color(0x444444)};
  private static final Color NO_GROUP = new Color(0x9a9a9a);
  private static final int NAMED_POINTS = 60; // more names would cover one another
  private static final int NAMED_LEAVES = 400;

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
    plot.setColor(GROUPS[0]);
    plot.setLineWidth(2);
    plot.addPoints(x, y, Plot.LINE);
    plot.setColor(GROUPS[0], GROUPS[0]);
    plot.setLineWidth(1);
    plot.addPoints(x, y, Plot.CIRCLE);
    if (data.get("mark") instanceof Double) {
      double mark = (Double) data.get("mark");
      for (int i = 0; i < x.length; i++) {
        if (x[i] != mark)
          continue;
        plot.setColor(GROUPS[1], GROUPS[1]);
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
    if (named) {
      double gap = (plot.getLimits()[1] - plot.getLimits()[0]) / 80;
      plot.setColor(Color.darkGray);
      plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
      plot.setJustification(Plot.LEFT);
      for (int i = 0; i < x.length; i++) plot.addText(shortened(names.get(i), 24), x[i] + gap, y[i]);
      plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    }
    plot.setColor(Color.black);
    if (groups.size() > 1 && groups.size() <= 12)
      plot.addLegend(legend.toString());
  }

  private void histogram() {
    double[] edges = numbers("edges");
    double[] counts = numbers("counts");
    double[] centres = new double[counts.length];
    Arrays.setAll(centres, i -> (edges[i] + edges[i + 1]) / 2);
    plot.setColor(GROUPS[0].darker(), GROUPS[5]);
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
    boolean named = names.size() == leaves && leaves <= NAMED_LEAVES;
    int lineHeight = named ? Math.max(5, Math.min(16, 3000 / leaves)) : 2;
    plot.setFrameSize(520, Math.max(160, Math.min(3000, leaves * lineHeight)));
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
      plot.setColor(g == 0 ? NO_GROUP : colour(g));
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
  }

  private void nameLeaves(List<String> names, double[] order, int[] group, double highest, int lineHeight) {
    int longest = 0;
    for (String name : names) longest = Math.max(longest, shortened(name, 32).length());
    int size = Math.max(5, Math.min(12, lineHeight - 3));
    // ImageJ leaves 65 pixels at the left
    plot.setOptions("addhspace=" + Math.max(0, longest * size * 6 / 10 - 50));
    plot.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
    plot.setJustification(Plot.RIGHT);
    double gap = highest * 0.012;
    for (int i = 0; i < order.length; i++) {
      int leaf = (int) order[i];
      plot.setColor(group[leaf] == 0 ? Color.black : colour(group[leaf]).darker());
      // text stands on its base line
      plot.addText(shortened(names.get(leaf), 32), -gap, order.length - i - 0.35 * size / lineHeight);
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

  private static Color colour(int group) {
    if (group <= 0)
      return NO_GROUP;
    if (group <= GROUPS.length)
      return GROUPS[group - 1];
    // further hues a golden angle apart
    return Color.getHSBColor((float) (group * 0.618034 % 1), 0.75f, 0.75f);
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
