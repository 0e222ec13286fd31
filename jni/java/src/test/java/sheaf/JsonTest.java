package sheaf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void valuesOfAllKindsAreRead() {
    assertEquals(Arrays.asList(1.0, -2.5e-3, true, false, null, "a\"\\\n\u00e9"),
        Json.parse(" [1, -2.5e-3,true , false,null,\"a\\\"\\\\\\n\\u00e9\"] "));
    assertEquals("{}", Json.object("{ }").toString());
    assertEquals(Collections.singletonMap("a", Collections.singletonMap("b", Collections.emptyList())),
        Json.object("{\"a\":{\"b\":[]}}"));
  }

  @Test
  void whatIsWrittenReadsBack() {
    String odd = "a\"b\\c\nd\u0001e\uD83D\uDD2C";
    assertEquals(odd, Json.object(Json.write(Collections.singletonMap("k", odd))).get("k"));
  }

  @Test
  void textThatIsNoJsonIsRefused() {
    for (String text : new String[] {"", "{", "[1,]", "{\"a\"}", "tru", "\"a", "1 2", "{1:2}", "\"\\u12"}) {
      assertThrows(IllegalArgumentException.class, () -> Json.parse(text), text);
    }
    StringBuilder deep = new StringBuilder();
    for (int i = 0; i < 100000; i++) deep.append('[');
    assertThrows(IllegalArgumentException.class, () -> Json.parse(deep.toString()));
  }
}
