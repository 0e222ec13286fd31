package sheaf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptionsTest {
  private static Map<String, String> parse(String text) {
    return Options.parse(text, name -> null);
  }

  private static String problem(String text) {
    return assertThrows(SheafException.class, () -> parse(text)).getMessage();
  }

  @Test
  void keysAndValuesAreReadInTheirOrder() {
    assertEquals("{model=affine, base=3, crop_common=}", parse("model=affine base=3 crop_common ").toString());
    assertEquals("{}", parse("  ").toString());
  }

  @Test
  void theEndOfALongerKeyIsNoKey() {
    // ImageJ's own lookup of "radius" gives 2 here
    assertEquals("5", parse("min_radius=2 radius=5").get("radius"));
    assertEquals(null, parse("min_radius=2").get("radius"));
  }

  @Test
  void whatLooksLikeAKeyInsideAValueIsNone() {
    Map<String, String> options = parse("path=[/data/my level=9/x y.tif] level=3");
    assertEquals("/data/my level=9/x y.tif", options.get("path"));
    assertEquals("3", options.get("level"));
    assertEquals(null, parse("path=[/a invert b]").get("invert"));
  }

  @Test
  void bracketsNestAndTheOuterOnesAreDropped() {
    assertEquals("[1,2],[3,4]", parse("points=[[1,2],[3,4]]").get("points"));
    assertEquals("", parse("name=[]").get("name"));
    assertEquals("it's here", parse("name=[it's here]").get("name"));
    assertEquals("a ] b", parse("name='a ] b'").get("name"));
  }

  @Test
  void windowsPathsKeepTheirBackslashes() {
    assertEquals("C:\\data\\x y.tif", parse("path=[C:\\data\\x y.tif]").get("path"));
    assertEquals("C:\\data\\x.tif", parse("path=C:\\data\\x.tif").get("path"));
  }

  @Test
  void variablesOfTheMacroAreReplaced() {
    Options.Variables variables = name -> name.equals("r") ? "2.5" : name.equals("path") ? "/a b/c.tif" : null;
    assertEquals("2.5", Options.parse("radius=&r", variables).get("radius"));
    assertEquals("/a b/c.tif", Options.parse("path=&path", variables).get("path"));
    assertEquals("/a b/c.tif", Options.parse("path=[&path]", variables).get("path"));
    assertEquals("&path", Options.parse("path='&path'", variables).get("path"));
    assertEquals("&friends", Options.parse("path=[&friends]", variables).get("path"));
    assertEquals("radius: there is no macro variable \"q\"",
        assertThrows(SheafException.class, () -> Options.parse("radius=&q", variables)).getMessage());
  }

  @Test
  void aWordWhereANumberBelongsMayBeAVariable() {
    Schema schema = new Schema(Fixtures.session().schema("test.params"));
    Map<String, String> options = parse("count=n kind=two name=n");
    Options.resolveNumbers(options, schema, name -> name.equals("n") ? "7" : name.equals("two") ? "8" : null);
    assertEquals("{count=7, kind=two, name=n}", options.toString());
  }

  @Test
  void mistakesAreExplained() {
    assertEquals("to: the bracket in \"[mean\" is not closed", problem("to=[mean"));
    assertEquals("to: the quote in \"'mean\" is not closed", problem("to='mean"));
    assertEquals("k: given twice", problem("k=3 k=4"));
    assertEquals("options: \"=3\" has no key before \"=\"", problem("=3"));
    assertEquals("path: \"def\" follows the end of the value", problem("path=[abc]def"));
  }

  @Test
  void whatIsWrittenReadsBack() {
    Schema schema = new Schema(Fixtures.session().schema("test.params"));
    for (String value : new String[] {"plain", "two words", "", "[a]", "a]b", "it's", "&name", "1,2,3", "[1,2],[3,4]",
             "k=v", "C:\\x\\y", "\"quoted\"", "Größe µm", "tab\tnew"}) {
      Map<String, String> options = new LinkedHashMap<>();
      options.put("name", value);
      options.put("flag", "true");
      options.put("kind", "two");
      String text = Options.write(options, schema);
      options.put("flag", "");
      assertEquals(options, parse(text), text);
    }
    assertTrue(
        assertThrows(SheafException.class, () -> Options.write(Collections.singletonMap("name", "it's ] here"), schema))
            .getMessage()
            .startsWith("name:"));
  }
}
