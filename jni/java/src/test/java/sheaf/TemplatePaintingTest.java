package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Painting over what templates find, without a window. */
class TemplatePaintingTest {
  /** A cross on a black ground of its own. */
  private static ByteProcessor cross() {
    ByteProcessor ip = new ByteProcessor(11, 11);
    for (int i = 1; i < 10; i++) {
      for (int k = 4; k < 7; k++) {
        ip.set(i, k, 200);
        ip.set(k, i, 120 + i);
      }
    }
    return ip;
  }

  private static ImagePlus scene(int[]... places) {
    ImageStack stack = new ImageStack(60, 50);
    for (int[] xy : places) {
      ByteProcessor ip = new ByteProcessor(60, 50);
      for (int y = 0; y < 50; y++) {
        for (int x = 0; x < 60; x++) ip.set(x, y, 40 + (7 * x + 11 * y + x * y) % 17);
      }
      ByteProcessor cross = cross();
      for (int i = 0; i < xy.length; i += 2) {
        for (int k = 0; k < 121; k++) {
          if (cross.get(k) != 0)
            ip.set(xy[i] + k % 11, xy[i + 1] + k / 11, cross.get(k));
        }
      }
      stack.addSlice(ip);
    }
    return new ImagePlus("scene.tif", stack);
  }

  private static ColorProcessor segment() {
    ColorProcessor segment = new ColorProcessor(11, 11);
    segment.set(5, 5, 0xff8000);
    segment.set(5, 6, 0xff8000);
    return segment;
  }

  private static int[][] paint(ImagePlus image, String error) {
    TemplatePainting.Stencil stencil = new TemplatePainting.Stencil(new ImagePlus("cross", cross()), null, segment(), null);
    return TemplatePainting.paint(Fixtures.session(), image, Collections.singletonList(stencil), error, null);
  }

  private static int count(int[] argb) {
    int count = 0;
    for (int v : argb) count += v == 0xffff8000 ? 1 : 0;
    return count;
  }

  @Test
  void theBestPlaceOfEverySliceIsPainted() {
    int[][] painted = paint(scene(new int[] {12, 7}, new int[] {40, 30}), null);
    assertEquals(0xffff8000, painted[0][(7 + 5) * 60 + 12 + 5]);
    assertEquals(0xffff8000, painted[1][(30 + 6) * 60 + 40 + 5]);
    assertEquals(2, count(painted[0]));
    assertEquals(2, count(painted[1]));
  }

  @Test
  void allPlacesUpToAnErrorArePaintedOnce() {
    int[][] painted = paint(scene(new int[] {5, 5, 30, 28}), "0.02");
    assertEquals(4, count(painted[0]));
  }

  @Test
  void attentionIsDerivedFromTheTemplateAndSurroundsNothingInside() {
    ByteProcessor ring = cross();
    ring.set(5, 5, 0); // black, but enclosed
    ByteProcessor attention = TemplatePainting.Stencil.withoutGround(ring);
    assertEquals(0, attention.get(0, 0));
    assertEquals(255, attention.get(5, 5));
    assertEquals(255, attention.get(2, 5));
  }

  @Test
  void blackIsWhatLooksBlack() {
    ByteProcessor inverted = cross();
    inverted.invert();
    inverted.invertLut();
    assertArrayEquals((byte[]) TemplatePainting.Stencil.withoutGround(cross()).getPixels(),
        (byte[]) TemplatePainting.Stencil.withoutGround(inverted).getPixels());
  }

  private static String refusal(String... keysAndValues) {
    Map<String, String> given = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) given.put(keysAndValues[i], keysAndValues[i + 1]);
    return assertThrows(SheafException.class, () -> TemplatePainting.stencils(given)).getMessage();
  }

  @Test
  void whatIsMissingIsSaidInOneSentence() {
    assertEquals("template: none given; name files or open images, separated by ;", refusal());
    assertEquals("segment: 1 given for 2 templates; each template needs one", refusal("template", "a.png;b.png", "segment", "c.png"));
    assertEquals("attention: 2 given for 1 template; each template needs one",
        refusal("template", "a.png", "segment", "c.png", "attention", "d.png;e.png"));
    assertEquals("template: there is neither a file nor an open image \"nowhere.png\"",
        refusal("template", "nowhere.png", "segment", "c.png"));
    String text = assertThrows(SheafException.class,
        () -> new TemplatePainting.Stencil(new ImagePlus("cross", cross()), null, new ColorProcessor(3, 4), null)).getMessage();
    assertEquals("segment: it is 3 x 4 pixels, the template cross 11 x 11; both must have one size", text);
    assertEquals("segment: it is all black, so that nothing would be painted; give a mask to paint black",
        assertThrows(SheafException.class,
            () -> new TemplatePainting.Stencil(new ImagePlus("cross", cross()), null, new ColorProcessor(11, 11), null))
            .getMessage());
    assertEquals("mask: all its pixels are 0, so that nothing would be painted",
        assertThrows(SheafException.class, () -> new TemplatePainting.Stencil(
            new ImagePlus("cross", cross()), null, cross(), new ByteProcessor(11, 11))).getMessage());
  }

  @Test
  void paintedTemplatesCanBeUndoneInPaint() {
    ImagePlus image = scene(new int[] {12, 7});
    ByteProcessor one = new ByteProcessor(60, 50);
    one.setColor(1);
    one.fill();
    PaintEngine paint = new PaintEngine(image, new ImagePlus("labels", one));
    paint.stamp(paint(image, null));
    assertEquals(0xff8000, paint.colour(1, 17, 12));
    paint.undo(1);
    List<Integer> none = new java.util.ArrayList<>(paint.colours(1));
    assertEquals(0, none.size());
  }
}
