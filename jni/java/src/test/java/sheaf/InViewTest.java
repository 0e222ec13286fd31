package sheaf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The position that a dialog offers: that of the image in view. */
public class InViewTest {
  private static final Map<String, String> NONE = Collections.emptyMap();

  private static Schema schema(String id) {
    return new Schema(Fixtures.session().schema(id));
  }

  private static ImagePlus stack(int channels, int depth, int frames, int current) {
    ImagePlus image = Fixtures.stack(8, 20, 20, channels * depth * frames);
    image.setDimensions(channels, depth, frames);
    image.setSlice(current);
    return image;
  }

  @Test
  void everyPositionOfAnImageIsOffered() {
    int found = 0;
    for (String id : Fixtures.session().operations()) {
      Schema schema = schema(id);
      for (Schema.Param p : schema.params) {
        assertEquals(p.key.equals("base"), !p.inView.isEmpty(), id + ": " + p.key);
        found += p.inView.isEmpty() ? 0 : 1;
      }
    }
    assertTrue(found >= 7, found + " positions");
  }

  @Test
  void aPositionIsThatInItsChannelOrAlongTheAxis() {
    assertEquals(5, InView.position(stack(1, 7, 1, 5), ""));
    ImagePlus hyper = stack(2, 3, 4, 2 * (3 * 2 + 1) + 2); // second channel, depth 2, frame 3
    assertEquals(8, InView.position(hyper, ""));
    assertEquals(3, InView.position(hyper, "auto"));
    assertEquals(3, InView.position(hyper, "time"));
    assertEquals(2, InView.position(hyper, "depth"));
    assertEquals(3, InView.position(hyper, "both"));
    assertEquals(4, InView.position(stack(1, 6, 1, 4), "auto"));
  }

  @Test
  void whatTheUserHasWrittenStays() {
    InView inView = new InView(schema("align.register"), stack(1, 3, 4, 5)); // depth 2, frame 2
    Map<String, String> values = new LinkedHashMap<>(schema("align.register").defaults());
    values.put("axis", "depth");
    assertEquals("{base=2}", inView.changed(NONE, values).toString());
    values.put("base", "2");
    assertEquals("{}", inView.changed(NONE, values).toString());
    values.put("base", "3");
    values.put("axis", "time");
    assertEquals("{}", inView.changed(NONE, values).toString());
  }

  @Test
  void anotherAxisOffersAnotherPosition() {
    InView inView = new InView(schema("align.register"), stack(1, 3, 4, 6)); // depth 3, frame 2
    Map<String, String> values = new LinkedHashMap<>(schema("align.register").defaults());
    assertEquals("{base=2}", inView.changed(NONE, values).toString());
    values.put("base", "2");
    values.put("axis", "depth");
    assertEquals("{base=3}", inView.changed(NONE, values).toString());
  }
}
