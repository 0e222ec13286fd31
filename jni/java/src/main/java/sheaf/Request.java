package sheaf;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** What is asked of an operation: its parameters, and what the bridge does with results that are a matter of taste. */
final class Request {
  /** Where regions of interest go. */
  enum Regions { NONE, OVERLAY, MANAGER }

  /** Parameters as macros write them. */
  final Map<String, String> params;

  /** Titles of the images for the inputs but the first. */
  final Map<String, String> inputs = new LinkedHashMap<>();

  Regions regions;

  /** Names of the optional outputs to be made. */
  final Set<String> outputs = new LinkedHashSet<>();

  private Request(Map<String, String> params, Schema schema) {
    this.params = new LinkedHashMap<>(params);
    regions = defaultRegions(schema);
  }

  /** Regions come unasked only where they are all there is to see. */
  static Regions defaultRegions(Schema schema) {
    return schema.outputs.isEmpty() ? Regions.OVERLAY : Regions.NONE;
  }

  /** Takes the bridge's own keys out of the options; where they mean nothing they are left for the core to refuse. */
  static Request of(Map<String, String> options, Schema schema) {
    Request request = new Request(options, schema);
    for (int i = 1; i < schema.inputs.size(); i++) {
      String name = schema.inputs.get(i).name;
      if (options.containsKey(name)) {
        request.params.remove(name);
        request.inputs.put(name, options.get(name));
      }
    }
    if (schema.rois && options.containsKey("regions")) {
      request.params.remove("regions");
      request.regions = regions(options.get("regions"));
    }
    Set<String> optional = new LinkedHashSet<>();
    for (Schema.Output output : schema.outputs) {
      if (schema.isAskedFor(output))
        optional.add(output.name);
    }
    if (!optional.isEmpty() && options.containsKey("output")) {
      request.params.remove("output");
      for (String name : options.get("output").split("[, ]+")) {
        if (!optional.contains(name))
          throw SheafException.invalid("output: \"" + name + "\" given, needs " + String.join(" or ", optional));
        request.outputs.add(name);
      }
    }
    return request;
  }

  private static Regions regions(String text) {
    for (Regions r : Regions.values()) {
      if (r.name().equalsIgnoreCase(text))
        return r;
    }
    throw SheafException.invalid("regions: \"" + text + "\" given, needs none, overlay or manager");
  }

  /** The options that give this request again, and nothing else. */
  Map<String, String> options(Schema schema) {
    Map<String, String> options = new LinkedHashMap<>(inputs);
    options.values().removeIf(OtherInputs.NONE::equals);
    options.putAll(schema.essential(params));
    if (schema.rois)
      options.put("regions", regions.name().toLowerCase(java.util.Locale.ROOT));
    if (!outputs.isEmpty())
      options.put("output", String.join(",", outputs));
    return options;
  }

  boolean wants(String name, Schema schema) {
    if (name.equals("rois"))
      return regions != Regions.NONE;
    for (Schema.Output output : schema.outputs) {
      if (output.name.equals(name))
        return !schema.isAskedFor(output) || outputs.contains(name);
    }
    return true;
  }
}
