package sheaf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What ImageJ's macros demand of keys, for every operation there is. */
class SchemaTest {
  private static List<Schema> all() {
    List<Schema> schemas = new ArrayList<>();
    for (String id : Fixtures.session().operations()) schemas.add(new Schema(Fixtures.session().schema(id)));
    assertTrue(schemas.size() >= 13, "bundled and test operations");
    return schemas;
  }

  @Test
  void noKeyEndsLikeAnotherOne() {
    for (Schema schema : all()) {
      for (Schema.Param a : schema.params) {
        for (Schema.Param b : schema.params) {
          assertFalse(a != b && a.key.equals(b.key), schema.id + ": " + a.key + " is there twice");
          assertFalse(a.key.endsWith("_" + b.key), schema.id + ": " + a.key + " ends with " + b.key);
        }
      }
    }
  }

  @Test
  void keysAvoidWordsThatImageJLooksFor() {
    Set<String> taken =
        new HashSet<>(Arrays.asList("input", "output", "preview", "regions", "tables", "plots", "title"));
    for (Schema schema : all()) {
      for (Schema.Param p : schema.params) {
        assertTrue(p.key.matches("[a-z][a-z0-9_]*"), p.key);
        assertFalse(p.key.contains("stack") || p.key.contains("slice"), p.key);
        assertFalse(taken.contains(p.key), p.key);
        if (p.isBoolean())
          assertEquals("false", p.defaultText, schema.id + ": " + p.key);
        for (Schema.Choice c : p.choices) assertTrue(c.key.matches("[a-z0-9][a-z0-9_.-]*"), c.key);
      }
    }
  }

  @Test
  void noKeyIsTheBeginningOfAnotherOneInTheSenseOfTheRecorder() {
    // with these rules a recorded line can be read by ImageJ's own Macro.getValue, too
    for (Schema schema : all()) {
      Map<String, String> options = new LinkedHashMap<>();
      for (Schema.Param p : schema.params) {
        if (!p.isBoolean())
          options.put(p.key, p.defaultText);
      }
      String text = Options.write(options, schema);
      for (Map.Entry<String, String> e : options.entrySet()) {
        assertEquals(e.getValue(), ij.Macro.getValue(text, e.getKey(), "missing"),
            schema.id + ": " + e.getKey() + " in " + text);
      }
    }
  }

  @Test
  void defaultsWrittenAsAMacroGiveTheDefaults() {
    ImagePlus gray = Fixtures.stack(8, 20, 20, 4);
    ImagePlus colour = Fixtures.stack(24, 20, 20, 4);
    for (Schema schema : all()) {
      List<ImagePlus> images = new ArrayList<>();
      for (Schema.Input input : schema.inputs)
        if (!input.optional)
          images.add(input.pixels.equals(Arrays.asList("rgb")) ? colour : gray);
      String text = Options.write(schema.essential(schema.defaults()), schema);
      Map<String, String> replayed = Options.parse(text, name -> null);
      ImageClient client = new ImageClient(schema, images);
      try (Run none = new Run(Fixtures.session(), schema.id, "", images.size(), client);
           Run all = new Run(Fixtures.session(), schema.id, Json.write(replayed), images.size(), client)) {
        assertEquals(none.params(), all.params(), text);
      }
    }
  }

  @Test
  void whatIsNotInUseIsNotWritten() {
    Schema schema = new Schema(Fixtures.session().schema("test.offset"));
    Map<String, String> values = schema.defaults();
    assertEquals("{amount=10, direction=up}", schema.essential(values).toString());
    values.put("direction", "down");
    values.put("twice", "true");
    values.put("delay", "5"); // advanced: written if it is not the default
    assertEquals("{amount=10, direction=down, twice=true, least=0, delay=5}", schema.essential(values).toString());
  }

  @Test
  void everyOperationHasAHelpPage() {
    for (Schema schema : all()) {
      String page = HelpPage.html(schema);
      assertTrue(page.startsWith("<html>"));
      for (Schema.Param p : schema.params)
        assertTrue(page.contains("<code>" + p.key + "</code>"), schema.id + ": " + p.key);
    }
  }

  @Test
  void commandsAreNamedAfterTitles() {
    assertEquals("Sheaf Test Copy", new Schema(Fixtures.session().schema("test.copy")).command());
    assertEquals("Sheaf Test Offset...", new Schema(Fixtures.session().schema("test.offset")).command());
  }

  @Test
  void parametersArriveAsTheyWereMeant() {
    Map<String, Object> json = params("number=-1.5e3 factor=0.01 count=1000000 flag kind=two name=[a [b] c] "
        + "list=[1,2.5] places=[[1,2],[3,4]] area=[1,2,3,4] file=[/data/Größe x.tif]");
    assertEquals(-1500.0, json.get("number"));
    assertEquals(0.01, json.get("factor"));
    assertEquals(1e6, json.get("count"));
    assertEquals(true, json.get("flag"));
    assertEquals("two", json.get("kind"));
    assertEquals("a [b] c", json.get("name"));
    assertEquals(Arrays.asList(1.0, 2.5), json.get("list"));
    assertEquals(Arrays.asList(Arrays.asList(1.0, 2.0), Arrays.asList(3.0, 4.0)), json.get("places"));
    assertEquals(Arrays.asList(1.0, 2.0, 3.0, 4.0), json.get("area"));
    assertEquals("/data/Größe x.tif", json.get("file"));
    assertEquals(false, params("").get("flag"));
  }

  private static Map<String, Object> params(String options) {
    Result result = Fixtures.run(null, "test.params", options);
    assertNotNull(result.table());
    assertEquals("Parameters", result.table().title());
    return Json.object(result.table().texts("json")[0]);
  }

  @Test
  void textBeyondTheBasicPlaneSurvivesBothWays() {
    assertEquals("\uD83D\uDD2C µ \u4E2D", params("name=[\uD83D\uDD2C µ \u4E2D]").get("name"));
    assertEquals("\uFFFD", params("name=[\uD83D]").get("name")); // half a character
  }
}
