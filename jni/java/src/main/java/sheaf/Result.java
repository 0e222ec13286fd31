package sheaf;

import ij.ImagePlus;
import ij.gui.Plot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run gave. Nothing of it is shown anywhere. */
public final class Result {
  private final Map<String, ImagePlus> images = new LinkedHashMap<>();
  private final Map<String, Table> tables = new LinkedHashMap<>();
  private final Map<String, Map<String, Object>> plots = new LinkedHashMap<>();
  private final List<Region> regions = new ArrayList<>();
  private final List<String> log = new ArrayList<>();
  private String params = "{}";

  Result() {}

  void put(String output, ImagePlus image) {
    images.put(output, image);
  }

  Table table(String name, String title) {
    return tables.computeIfAbsent(name, n -> new Table(n, title));
  }

  void putPlot(Map<String, Object> plot) {
    plots.put(String.valueOf(plot.get("name")), plot);
  }

  void add(Region region) {
    regions.add(region);
  }

  void log(String message) {
    log.add(message);
  }

  void params(String json) {
    params = json;
  }

  /** The images by the names of the operation's outputs. */
  public Map<String, ImagePlus> images() {
    return Collections.unmodifiableMap(images);
  }

  /** The first image, or null if the operation makes none. */
  public ImagePlus image() {
    return images.isEmpty() ? null : images.values().iterator().next();
  }

  /** The tables by their names. */
  public Map<String, Table> tables() {
    return Collections.unmodifiableMap(tables);
  }

  /** The first table, or null if the operation makes none. */
  public Table table() {
    return tables.isEmpty() ? null : tables.values().iterator().next();
  }

  /** The plots as data, by their names: docs/results.md has the members. */
  public Map<String, Map<String, Object>> plots() {
    return Collections.unmodifiableMap(plots);
  }

  /** A plot drawn, as ImageJ draws it; shown nowhere. */
  public Plot plot(String name) {
    if (!plots.containsKey(name))
      throw new IllegalArgumentException("there is no plot " + name + "; there are " + plots.keySet());
    return PlotView.draw(plots.get(name));
  }

  public List<Region> regions() {
    return Collections.unmodifiableList(regions);
  }

  /** What the operation had to say. */
  public List<String> log() {
    return Collections.unmodifiableList(log);
  }

  /** The parameters in force, complete, as JSON: the record of what was done. */
  public String params() {
    return params;
  }
}
