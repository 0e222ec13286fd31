package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Line;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Cutting out step by step, and named selections as annotations; without a window. */
public class GrabCutTest {
  /** A bright disk of radius 15 around (45, 35) on dark ground, with some texture. */
  private static ImagePlus disk() {
    ColorProcessor ip = new ColorProcessor(90, 70);
    for (int y = 0; y < 70; y++) {
      for (int x = 0; x < 90; x++) {
        int t = (7 * x + 13 * y + x * y) % 23;
        boolean inside = inDisk(x, y);
        ip.set(x, y, (inside ? 170 + t : 60 + t) << 16 | (inside ? 140 : 70 + t) << 8 | (inside ? 60 : 110));
      }
    }
    return new ImagePlus("disk.tif", ip);
  }

  private static boolean inDisk(int x, int y) {
    return (x - 45) * (x - 45) + (y - 35) * (y - 35) < 225;
  }

  private static double overlap(ImageProcessor labels) {
    double both = 0;
    double either = 0;
    for (int y = 0; y < 70; y++) {
      for (int x = 0; x < 90; x++) {
        boolean a = labels.getf(x, y) > 0;
        both += a && inDisk(x, y) ? 1 : 0;
        either += a || inDisk(x, y) ? 1 : 0;
      }
    }
    return both / either;
  }

  private static GrabCutEngine engine(ImagePlus image) {
    return new GrabCutEngine(image, (inputs, options) -> Sheaf.run(Fixtures.session(), inputs, "segment.grabcut", options, null).images().get("state"));
  }

  private static String refusal(Runnable action) {
    return assertThrows(SheafException.class, action::run).getMessage();
  }

  @Test
  public void rectangleAndIterationsFindTheObject() {
    GrabCutEngine cut = engine(disk());
    assertEquals("iterate: draw a rectangle around the object, or strokes, first", refusal(() -> cut.iterate(1, 1)));
    cut.rectangle(1, new Rectangle(20, 10, 50, 50));
    cut.iterate(1, 1);
    cut.iterate(1, 3);
    ImageProcessor labels = cut.finish("out", false).getProcessor();
    assertEquals(1, labels.get(45, 35));
    assertEquals(0, labels.get(0, 0));
    assertTrue(overlap(labels) > 0.98);
    assertEquals(cut.area(1), Arrays.stream(histogram(labels)).skip(1).sum());
  }

  @Test
  public void iterationsOneByOneAreIterationsAtOnceAndResetBeginsAnew() {
    GrabCutEngine steps = engine(disk());
    GrabCutEngine once = engine(disk());
    for (GrabCutEngine cut : new GrabCutEngine[] {steps, once}) {
      cut.rectangle(1, new Rectangle(20, 10, 50, 50));
      cut.stroke(1, false, Annotations.BACKGROUND, 3, 45, 30, 50, 30);
    }
    for (int i = 0; i < 4; i++) steps.iterate(1, 1);
    once.iterate(1, 4);
    byte[] expected = (byte[]) once.finish("once", false).getProcessor().convertToByte(false).getPixels();
    assertArrayEquals(expected, (byte[]) steps.finish("steps", false).getProcessor().convertToByte(false).getPixels());
    steps.reset(1);
    steps.rectangle(1, new Rectangle(20, 10, 50, 50));
    steps.stroke(1, false, Annotations.BACKGROUND, 3, 45, 30, 50, 30);
    steps.iterate(1, 4);
    assertArrayEquals(expected, (byte[]) steps.finish("anew", false).getProcessor().convertToByte(false).getPixels());
  }

  @Test
  public void aStrokeIsHeardByTheNextIteration() {
    GrabCutEngine cut = engine(disk());
    cut.rectangle(1, new Rectangle(20, 10, 50, 50));
    cut.iterate(1, 2);
    int before = cut.area(1);
    cut.stroke(1, false, Annotations.FOREGROUND, 1, 3, 3);
    cut.stroke(1, false, Annotations.BACKGROUND, 1, 45, 35);
    cut.iterate(1, 1);
    ImageProcessor labels = cut.finish("out", false).getProcessor();
    assertEquals(1, labels.get(3, 3));
    assertEquals(0, labels.get(45, 35));
    assertTrue(Math.abs(before - cut.area(1)) < 20);
  }

  private static int[] histogram(ImageProcessor ip) {
    int[] counts = new int[256];
    for (int i = 0; i < ip.getPixelCount(); i++) counts[ip.get(i)]++;
    return counts;
  }

  @Test
  public void strokesAloneSufficeAndStay() {
    GrabCutEngine cut = engine(disk());
    cut.stroke(1, false, Annotations.FOREGROUND, 5, 40, 35, 50, 35);
    cut.stroke(1, false, Annotations.BACKGROUND, 5, 5, 5, 80, 5);
    cut.stroke(1, false, Annotations.BACKGROUND, 1, 45, 40);
    cut.iterate(1, 3);
    ImageProcessor labels = cut.finish("out", false).getProcessor();
    assertEquals(1, labels.get(45, 35));
    assertEquals(0, labels.get(45, 40));
  }

  @Test
  public void resetForgetsASlice() {
    GrabCutEngine cut = engine(disk());
    cut.rectangle(1, new Rectangle(20, 10, 50, 50));
    cut.iterate(1, 1);
    cut.reset(1);
    assertEquals("finish: nothing is divided yet; press space, or iterate", refusal(() -> cut.finish("out", false)));
  }

  @Test
  public void wrongRectanglesAndStrokesAreSaidInOneSentence() {
    GrabCutEngine cut = engine(disk());
    assertEquals("rectangle: it covers the whole image; draw it so that background is left outside",
        refusal(() -> cut.rectangle(1, new Rectangle(-3, -3, 200, 200))));
    assertEquals("rectangle: no pixel of it lies inside the image, which is 90 x 70 pixels",
        refusal(() -> cut.rectangle(1, new Rectangle(100, 3, 20, 20))));
    assertEquals("points: no pixel of the stroke lies inside the image, which is 90 x 70 pixels",
        refusal(() -> cut.stroke(1, false, 1, 3, 200, 200, 210, 210)));
    assertEquals("brush: 0 given, accepted: 1 to 1000 pixels", refusal(() -> cut.stroke(1, false, 1, 0, 2, 2)));
    assertEquals("rectangle: width 0 and height 0 given, each needs to be at least 1 pixel",
        refusal(() -> cut.rectangle(1, new Rectangle(10, 10, 0, 0))));
    assertEquals("kind: \"ground\" given, needs foreground, background, probable_background, probable_foreground",
        refusal(() -> Annotations.kind("ground")));
  }

  @Test
  public void argumentsOfMacrosAreRefusedInOneSentence() {
    assertEquals(1000000000, Arguments.whole("brush", "1e9"));
    assertEquals("x: \"1.5\" given, needs a whole number", refusal(() -> Arguments.pixels("x", "1.5")));
    assertEquals("x: \"left\" given, needs a whole number", refusal(() -> Arguments.pixels("x", "left")));
    assertEquals("points: 1e9 given, accepted: -1000000 to 1000000", refusal(() -> Arguments.points("3,1e9")));
    assertEquals("points: 3 numbers given, needs an even count: x and y of each point", refusal(() -> Arguments.points("1,2,3")));
    assertEquals("points: 1 number given, needs an even count: x and y of each point", refusal(() -> Arguments.points("1")));
    assertEquals("points: none given, needs x,y of one point or more, such as \"10,20,15,20\"", refusal(() -> Arguments.points(" ")));
    assertEquals("points: \"\" given, needs a whole number", refusal(() -> Arguments.points("1,2,")));
    assertArrayEquals(new int[] {1, 2, -3, 4}, Arguments.points(" 1,2 , -3 4"));
  }

  @Test
  public void aContradictoryStrokeIsRefusedUnlessItReplaces() {
    GrabCutEngine cut = engine(disk());
    cut.stroke(1, false, Annotations.FOREGROUND, 1, 40, 35, 50, 35);
    assertEquals("points: pixel 45,35 is foreground by an earlier stroke and would be background; add \"replace\" after the "
            + "points if this stroke is to hold",
        refusal(() -> cut.stroke(1, false, Annotations.BACKGROUND, 1, 45, 30, 45, 50)));
    assertEquals(0xd0, cut.picture(1)[45 + 90 * 35] >>> 24);
    assertEquals(0, cut.picture(1)[45 + 90 * 34]); // nothing of a refused stroke is drawn
    assertEquals(1, cut.stroke(1, true, Annotations.BACKGROUND, 1, 45, 30, 45, 50));
    assertEquals(GrabCutEngine.COLOURS[Annotations.BACKGROUND], cut.picture(1)[45 + 90 * 35]);
    // what is only probable contradicts nothing
    assertEquals(0, cut.stroke(1, false, Annotations.kind("probable_background"), 1, 40, 35, 50, 35));
  }

  @Test
  public void theLabelsAreThoseOfTheCommand() {
    ImagePlus image = disk();
    ColorProcessor ip = (ColorProcessor) image.getProcessor();
    for (int y = 50; y < 54; y++) {
      for (int x = 60; x < 64; x++) ip.set(x, y, ip.get(45, 35)); // another object
    }
    Roi frame = new Roi(20, 10, 50, 50);
    for (boolean separate : new boolean[] {false, true}) {
      GrabCutEngine cut = engine(image);
      cut.rectangle(1, frame.getBounds());
      cut.iterate(1, 4);
      ImagePlus own = cut.finish("own", separate);
      image.setRoi(frame);
      ImagePlus command = Fixtures.run(image, "segment.grabcut", "iterations=4" + (separate ? " separate" : "")).image();
      image.deleteRoi();
      assertEquals(command.getBitDepth(), own.getBitDepth());
      assertEquals(command.getDisplayRangeMax(), own.getDisplayRangeMax());
      assertArrayEquals((short[]) command.getProcessor().getPixels(), (short[]) own.getProcessor().getPixels());
      assertEquals(separate ? 2 : 1, own.getStatistics().max);
    }
  }

  @Test
  public void moreRegionsThan16BitsHoldGiveALabelImageOf32() {
    ByteProcessor dots = new ByteProcessor(600, 600); // 90 000 regions, none at the corner of another
    for (int i = 0; i < 360000; i++) dots.set(i, i % 2 == 0 && i / 600 % 2 == 0 ? 1 : 2);
    GrabCutEngine cut = new GrabCutEngine(new ImagePlus("cells", new ByteProcessor(600, 600)),
        (inputs, options) -> new ImagePlus("state", dots));
    cut.rectangle(1, new Rectangle(10, 10, 200, 200));
    cut.iterate(1, 1);
    ImageProcessor labels = cut.finish("out", true).getProcessor();
    assertTrue(labels instanceof FloatProcessor);
    assertEquals(1, labels.getf(0, 0));
    assertEquals(90000, labels.getf(598, 598));
    assertEquals(0, labels.getf(599, 599));
    assertTrue(cut.finish("out", false).getProcessor() instanceof ShortProcessor);
  }

  @Test
  public void everythingCanBeUndoneInReverseOrder() {
    GrabCutEngine cut = engine(new ImagePlus("disks.tif", twice()));
    List<int[]> pictures = new ArrayList<>();
    List<Runnable> actions = Arrays.asList(
        () -> cut.rectangle(1, new Rectangle(20, 10, 50, 50)),
        () -> cut.stroke(1, false, Annotations.BACKGROUND, 3, 30, 20, 50, 20),
        () -> cut.iterate(1, 2),
        () -> cut.stroke(1, true, Annotations.FOREGROUND, 3, 40, 20, 60, 20),
        () -> cut.stroke(1, true, Annotations.kind("probable_background"), 9, 44, 30, 46, 40),
        () -> cut.iterate(1, 1),
        () -> cut.reset(1),
        () -> cut.stroke(1, false, Annotations.FOREGROUND, 5, 10, 10, 20, 20),
        () -> cut.rectangle(1, new Rectangle(10, 10, 60, 50)),
        () -> cut.iterate(1, 1),
        () -> cut.rectangle(1, new Rectangle(15, 15, 50, 50)));
    for (Runnable action : actions) {
      pictures.add(cut.picture(1));
      action.run();
    }
    cut.stroke(2, false, Annotations.FOREGROUND, 5, 10, 10, 20, 20);
    assertEquals(2, cut.undo());
    for (int i = pictures.size() - 1; i >= 0; i--) {
      assertEquals(1, cut.undo());
      assertArrayEquals(pictures.get(i), cut.picture(1), "before action " + i);
    }
    assertEquals("undo: there is nothing to undo", refusal(cut::undo));
    cut.reset(1); // there is nothing to forget
    assertEquals("undo: there is nothing to undo", refusal(cut::undo));
  }

  /** What was undone has no part in what follows. */
  @Test
  public void anUndoneStrokeIsForgotten() {
    GrabCutEngine cut = engine(disk());
    cut.rectangle(1, new Rectangle(20, 10, 50, 50));
    cut.iterate(1, 1);
    cut.stroke(1, false, Annotations.BACKGROUND, 9, 40, 35, 50, 35);
    cut.undo();
    cut.iterate(1, 3);
    GrabCutEngine plain = engine(disk());
    plain.rectangle(1, new Rectangle(20, 10, 50, 50));
    plain.iterate(1, 4);
    assertArrayEquals(plain.picture(1), cut.picture(1));
  }

  private static ImageStack twice() {
    ImageStack stack = new ImageStack(90, 70);
    for (int n = 0; n < 2; n++) stack.addSlice(disk().getProcessor());
    return stack;
  }

  private static Roi named(Roi roi, String name, int width) {
    roi.setName(name);
    roi.setStrokeWidth(width);
    return roi;
  }

  @Test
  public void namedSelectionsOfTheOverlayAreAnnotations() {
    ImagePlus image = disk();
    Overlay overlay = new Overlay();
    overlay.add(named(new Line(38, 35, 52, 35), "foreground", 4));
    overlay.add(named(new Line(5, 5, 80, 5), "Background-2", 4));
    overlay.add(named(new Roi(30, 20, 31, 31), "probable_foreground", 0));
    overlay.add(named(new Roi(1, 1, 3, 3), "nucleus", 0));
    image.setOverlay(overlay);
    ImagePlus labels = Annotations.read(image, "overlay");
    assertEquals(1, labels.getProcessor().get(45, 35));
    assertEquals(2, labels.getProcessor().get(40, 5));
    assertEquals(4, labels.getProcessor().get(31, 21));
    assertEquals(0, labels.getProcessor().get(2, 2));
    Result result = Fixtures.run(image, "segment.grabcut", "annotations=overlay");
    assertTrue(overlap(result.image().getProcessor()) > 0.97);
  }

  @Test
  public void contradictoryAndOutlyingSelectionsAreSaidInOneSentence() {
    ImagePlus image = disk();
    Overlay overlay = new Overlay();
    overlay.add(named(new Roi(10, 10, 9, 9), "foreground", 0));
    overlay.add(named(new Roi(15, 15, 9, 9), "background", 0));
    image.setOverlay(overlay);
    assertEquals("annotations: pixel 15,15 of image 1 is both foreground and background; take one of them away there",
        refusal(() -> Annotations.read(image, "overlay")));
    overlay.clear();
    overlay.add(named(new Roi(200, 10, 9, 9), "foreground", 0));
    assertEquals("annotations: no pixel of the selection \"foreground\" lies inside the image, which is 90 x 70 pixels",
        refusal(() -> Annotations.read(image, "overlay")));
    overlay.clear();
    assertEquals("annotations: no selection in the overlay of disk.tif has one of the names foreground, background, "
            + "probable_background, probable_foreground",
        refusal(() -> Annotations.read(image, "overlay")));
  }

  @Test
  public void aMarkWithAPositionHoldsForItsImageAlone() {
    ImagePlus image = Fixtures.stack(8, 40, 30, 3);
    Roi everywhere = named(new Roi(2, 2, 5, 5), "background", 0);
    Roi second = named(new Roi(20, 20, 5, 5), "foreground", 0);
    second.setPosition(2);
    ImagePlus labels = Annotations.of(image, Arrays.asList(everywhere, second));
    assertEquals(3, labels.getStackSize());
    ByteProcessor first = (ByteProcessor) labels.getStack().getProcessor(1);
    assertEquals(2, first.get(3, 3));
    assertEquals(0, first.get(22, 22));
    assertEquals(1, labels.getStack().getProcessor(2).get(22, 22));
  }
}
