package sheaf;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an operation declares about itself: the complete JSON of docs/schema.md, typed. */
final class Schema {
  private static final String[] PIXEL_NAMES = {"", "u8", "u16", "f32", "rgb", "label"};

  final String id;
  final String title;
  final String menu;
  final String summary;
  final String doc;
  final List<String> references = new ArrayList<>();
  final List<Input> inputs = new ArrayList<>();
  final List<Output> outputs = new ArrayList<>();
  final List<Table> tables = new ArrayList<>();
  final Map<String, String> plotTitles = new LinkedHashMap<>();
  final boolean rois;
  /** In the order of the dialog: advanced ones last. */
  final List<Param> params = new ArrayList<>();

  static final class Input {
    final String name;
    final List<String> pixels = new ArrayList<>();
    final boolean roi;
    final boolean optional;
    /** Of an optional one: needed if all hold, else not used; none: as one likes. */
    final Map<String, List<String>> when;

    Input(Map<String, Object> json) {
      name = text(json, "name");
      for (Object pixel : list(json, "pixel")) pixels.add((String) pixel);
      roi = flag(json, "roi");
      optional = flag(json, "optional");
      when = conditions(json);
    }

    /** Whether it takes an image of this type, but only as labels. */
    boolean takesOnlyLabels(int pixel) {
      return pixels.contains("label") && !pixels.contains(PIXEL_NAMES[pixel]);
    }
  }

  static final class Output {
    final String name;
    final String suffix;
    final int like;
    /** Whether its pixels are of a type, and so of a kind, of their own. */
    final boolean ownType;
    /** Whether it is shown at the range of its pixels, not at that of the input. */
    final boolean ownDisplay;
    final boolean optional;

    Output(Map<String, Object> json) {
      name = text(json, "name");
      suffix = text(json, "suffix");
      like = json.get("like") instanceof Double ? ((Double) json.get("like")).intValue() : 0;
      ownType = !text(json, "pixel").isEmpty();
      ownDisplay = text(json, "display").equals("own");
      optional = flag(json, "optional");
    }
  }

  static final class Table {
    final String name;
    final String title;
    final Map<String, String> columns = new LinkedHashMap<>(); // name and help

    Table(Map<String, Object> json) {
      name = text(json, "name");
      title = text(json, "title");
      for (Object o : list(json, "columns")) {
        Map<String, Object> column = map(o);
        String unit = text(column, "unit");
        columns.put(text(column, "name"), text(column, "help") + (unit.isEmpty() ? "" : " (" + unit + ")"));
      }
    }
  }

  static final class Choice {
    final String key;
    final String label;
    final String help;

    Choice(Map<String, Object> json) {
      key = text(json, "key");
      label = text(json, "label");
      help = text(json, "help");
    }
  }

  static final class Param {
    final String key;
    final String type;
    final String defaultText;
    final Double min;
    final Double max;
    final Double uiMin;
    final Double uiMax;
    final double step;
    final int digits;
    final boolean logarithmic;
    final String unit;
    final List<Choice> choices = new ArrayList<>();
    final String help;
    final String label;
    final String group;
    final boolean advanced;
    /** Names of inputs: it is the position of an image of the first of them that is given. */
    final List<String> inView = new ArrayList<>();
    final String deprecated;
    /** Keys of other parameters and the values, as text, of which one must be theirs. */
    final Map<String, List<String>> when;

    Param(Map<String, Object> json) {
      key = text(json, "key");
      type = text(json, "type");
      defaultText = valueText(json.get("default"));
      min = (Double) json.get("min");
      max = (Double) json.get("max");
      uiMin = (Double) json.get("ui_min");
      uiMax = (Double) json.get("ui_max");
      step = json.get("step") instanceof Double ? (Double) json.get("step") : 1;
      digits = json.get("digits") instanceof Double ? ((Double) json.get("digits")).intValue() : 2;
      logarithmic = "log".equals(json.get("scale"));
      unit = text(json, "unit");
      for (Object choice : list(json, "choices")) choices.add(new Choice(map(choice)));
      help = text(json, "help");
      label = text(json, "label");
      group = text(json, "group");
      advanced = flag(json, "advanced");
      for (Object input : list(json, "in_view")) inView.add((String) input);
      deprecated = text(json, "deprecated");
      when = conditions(json);
    }

    boolean isNumber() {
      return type.equals("number") || type.equals("integer");
    }

    boolean isBoolean() {
      return type.equals("boolean");
    }
  }

  Schema(String json) {
    Map<String, Object> j = Json.object(json);
    id = text(j, "id");
    title = text(j, "title");
    menu = text(j, "menu");
    summary = text(j, "summary");
    doc = text(j, "doc");
    rois = flag(j, "rois");
    for (Object o : list(j, "references")) references.add(String.valueOf(o));
    for (Object o : list(j, "inputs")) inputs.add(new Input(map(o)));
    for (Object o : list(j, "outputs")) outputs.add(new Output(map(o)));
    for (Object o : list(j, "tables")) tables.add(new Table(map(o)));
    for (Object o : list(j, "plots")) plotTitles.put(text(map(o), "name"), text(map(o), "title"));
    List<Param> advanced = new ArrayList<>();
    for (Object o : list(j, "params")) {
      Param p = new Param(map(o));
      (p.advanced ? advanced : params).add(p);
    }
    params.addAll(advanced);
  }

  /** The command's name in the menu, in macros and in messages. */
  String command() {
    return "Sheaf " + title + (params.isEmpty() ? "" : "...");
  }

  /** The command's name in a sentence. */
  String name() {
    return "Sheaf " + title;
  }

  Param param(String key) {
    for (Param p : params) {
      if (p.key.equals(key))
        return p;
    }
    return null;
  }

  /** Whether an output is made only if the bridge asks for it; a flag of the same name lets the operation decide. */
  boolean isAskedFor(Output output) {
    Param flag = param(output.name);
    return output.optional && (flag == null || !flag.isBoolean());
  }

  Table table(String name) {
    for (Table t : tables) {
      if (t.name.equals(name))
        return t;
    }
    return null;
  }

  Map<String, String> defaults() {
    Map<String, String> values = new LinkedHashMap<>();
    for (Param p : params) values.put(p.key, p.defaultText);
    return values;
  }

  /** The accepted values of the parameters it depends on. */
  private static Map<String, List<String>> conditions(Map<String, Object> json) {
    Map<String, List<String>> when = new LinkedHashMap<>();
    for (Map.Entry<String, Object> e : map(json.get("when")).entrySet()) {
      List<String> wanted = new ArrayList<>();
      if (e.getValue() instanceof List) {
        for (Object value : (List<?>) e.getValue()) wanted.add(valueText(value));
      } else {
        wanted.add(valueText(e.getValue()));
      }
      when.put(e.getKey(), wanted);
    }
    return when;
  }

  /** Whether a parameter is used with these values; keys that are missing have their default. */
  boolean inUse(Param p, Map<String, String> values) {
    return hold(p.when, values);
  }

  /** Whether these conditions hold with these values; keys that are missing have their default. */
  boolean hold(Map<String, List<String>> when, Map<String, String> values) {
    for (Map.Entry<String, List<String>> condition : when.entrySet()) {
      Param other = param(condition.getKey());
      if (other == null || !inUse(other, values))
        return false;
      String value = values.getOrDefault(other.key, other.defaultText);
      boolean met = false;
      for (String wanted : condition.getValue()) met |= same(other, wanted, value);
      if (!met)
        return false;
    }
    return true;
  }

  /**
   * Only the values that are in use; booleans only if true, advanced ones only if they are not the defaults. What is left
   * says all there is to say.
   */
  Map<String, String> essential(Map<String, String> values) {
    Map<String, String> used = new LinkedHashMap<>();
    for (Param p : params) {
      String value = values.getOrDefault(p.key, p.defaultText);
      if (inUse(p, values) && !(p.isBoolean() && value.equals("false")) && !(p.advanced && same(p, value, p.defaultText)))
        used.put(p.key, value);
    }
    return used;
  }

  private static boolean same(Param p, String a, String b) {
    if (a.equals(b))
      return true;
    if (!p.isNumber())
      return false;
    try {
      return Double.parseDouble(a) == Double.parseDouble(b);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** A value of the schema as macros write it: 0.5, true, rigid, 1,2,3. */
  private static String valueText(Object value) {
    if (value instanceof Double)
      return numberText((Double) value);
    if (value instanceof List) {
      StringBuilder text = new StringBuilder();
      for (Object item : (List<?>) value) {
        if (text.length() > 0)
          text.append(',');
        text.append(item instanceof List ? "[" + valueText(item) + "]" : valueText(item));
      }
      return text.toString();
    }
    return value == null ? "" : value.toString();
  }

  static String numberText(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value))
      return Double.toString(value);
    if (value == Math.rint(value) && Math.abs(value) < 1e15)
      return Long.toString((long) value);
    double size = Math.abs(value);
    return size < 1e-6 || size >= 1e15 ? Double.toString(value)
                                       : new BigDecimal(Double.toString(value)).toPlainString();
  }

  private static String text(Map<String, Object> json, String key) {
    Object value = json.get(key);
    return value == null ? "" : value.toString();
  }

  private static boolean flag(Map<String, Object> json, String key) {
    return Boolean.TRUE.equals(json.get(key));
  }

  private static List<?> list(Map<String, Object> json, String key) {
    Object value = json.get(key);
    return value instanceof List ? (List<?>) value : Collections.emptyList();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object value) {
    return value instanceof Map ? (Map<String, Object>) value : Collections.emptyMap();
  }
}
