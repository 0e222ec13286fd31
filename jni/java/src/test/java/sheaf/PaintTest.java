package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Roi;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Painting by segments, without a window. */
public class PaintTest {
  private static final int RED = 0xff0000;
  private static final int BLUE = 0x0000ff;

  private static ImagePlus image(int slices) {
    ImageStack stack = new ImageStack(30, 20);
    for (int n = 0; n < slices; n++) stack.addSlice(new ByteProcessor(30, 20));
    return new ImagePlus("cells.tif", stack);
  }

  /** Label 1 left, 2 right, 3 in two places that meet at no side; a column of 0 between. */
  private static ImagePlus labels() {
    ByteProcessor ip = new ByteProcessor(30, 20);
    for (int y = 0; y < 20; y++) {
      for (int x = 0; x < 30; x++) ip.set(x, y, x < 10 ? 1 : x == 10 ? 0 : 2);
    }
    for (int i = 0; i < 4; i++) {
      ip.set(2, i, 3);
      ip.set(25, i, 3);
    }
    return new ImagePlus("labels.tif", ip);
  }

  private static String refusal(Runnable action) {
    return assertThrows(SheafException.class, action::run).getMessage();
  }

  @Test
  public void fillingTakesTheSegmentUnderThePointAndNoOther() {
    PaintEngine paint = new PaintEngine(image(1), labels());
    assertEquals(4, paint.fill(1, 2, 1, RED));
    assertEquals(-1, paint.colour(1, 25, 1));
    assertEquals(200 - 4, paint.fill(1, 0, 0, BLUE));
    assertEquals(0, paint.fill(1, 10, 5, RED)); // no segment
    assertEquals(0, paint.fill(1, 0, 0, BLUE)); // is blue already
    assertEquals(new TreeSet<>(Arrays.asList(RED, BLUE)), paint.colours(1));
    assertEquals(255, paint.mask(1, RED).get(2, 0));
    assertEquals(0, paint.mask(1, RED).get(3, 0));
  }

  @Test
  public void whatIsPaintedIsFilledAndEmptiedAsOneAreaOfItsColour() {
    PaintEngine paint = new PaintEngine(image(1), labels());
    paint.fill(1, 0, 0, RED);
    paint.fill(1, 2, 0, RED);
    assertEquals(200, paint.fill(1, 2, 0, BLUE));
    assertEquals(200, paint.unfill(1, 9, 19));
    assertEquals(0, paint.unfill(1, 9, 19));
    assertTrue(paint.colours(1).isEmpty());
  }

  @Test
  public void coloursThatDifferOnlyInRedAreDifferent() {
    PaintEngine paint = new PaintEngine(image(1), labels());
    paint.fill(1, 0, 0, 0x102030);
    paint.fill(1, 2, 0, 0x902030);
    assertEquals(4, paint.unfill(1, 2, 0));
  }

  @Test
  public void aCutDividesASegment() {
    PaintEngine paint = new PaintEngine(image(1), labels());
    paint.cut(1, new int[] {11, 0, 29, 18});
    int above = paint.fill(1, 28, 1, RED);
    assertEquals(-1, paint.colour(1, 12, 18));
    int below = paint.fill(1, 12, 18, BLUE);
    assertTrue(above > 100 && below > 100);
    assertEquals(0, paint.fill(1, 20, 9, RED)); // on the line
    assertEquals("points: 1 given, a cut needs two or more", refusal(() -> paint.cut(1, new int[] {1, 2})));
  }

  @Test
  public void everythingCanBeUndoneInReverseOrder() {
    PaintEngine paint = new PaintEngine(image(2), labels());
    int[] empty = paint.picture(1, false);
    paint.fill(1, 0, 0, RED);
    int[] red = paint.picture(1, false);
    paint.cut(1, new int[] {0, 10, 9, 10});
    paint.fill(2, 0, 0, BLUE);
    paint.reset(1);
    assertEquals(1, paint.undo(1));
    assertEquals(2, paint.undo(1));
    assertTrue(paint.colours(2).isEmpty());
    assertEquals(1, paint.undo(2));
    assertArrayEquals(red, paint.picture(1, false));
    assertEquals(1, paint.undo(1));
    assertArrayEquals(empty, paint.picture(1, false));
    assertEquals("undo: there is nothing to undo", refusal(() -> paint.undo(1)));
  }

  @Test
  public void oneUndoTakesBackWhatWasPaintedOnAllSlices() {
    PaintEngine paint = new PaintEngine(image(4), labels());
    paint.fill(3, 0, 0, RED);
    int[][] before = new int[4][];
    for (int n = 1; n <= 4; n++) before[n - 1] = paint.picture(n, false);
    int[][] argb = new int[4][600];
    for (int n : new int[] {1, 2, 3}) Arrays.fill(argb[n], 5, 300, 0xff000000 | BLUE); // not on the first
    paint.stamp(argb);
    assertEquals(BLUE, paint.colour(3, 9, 0));
    assertEquals(2, paint.undo(1)); // the first that has changed
    for (int n = 1; n <= 4; n++) assertArrayEquals(before[n - 1], paint.picture(n, false));
    paint.stamp(argb);
    assertEquals(4, paint.undo(4));
    for (int n = 1; n <= 4; n++) assertArrayEquals(before[n - 1], paint.picture(n, false));
    paint.stamp(new int[4][600]); // nothing: no action
    assertEquals(3, paint.undo(4));
    assertTrue(paint.colours(3).isEmpty());
    assertEquals("undo: there is nothing to undo", refusal(() -> paint.undo(1)));
  }

  @Test
  public void slicesAreApartAndResetTakesOne() {
    PaintEngine paint = new PaintEngine(image(3), labels());
    paint.fill(1, 0, 0, RED);
    paint.fill(3, 0, 0, RED);
    paint.reset(1);
    assertTrue(paint.colours(1).isEmpty());
    assertEquals(new TreeSet<>(Arrays.asList(RED)), paint.colours(3));
    ImagePlus out = paint.labelImage("out");
    assertEquals(0, out.getStack().getProcessor(1).get(0, 0));
    assertEquals(1, out.getStack().getProcessor(3).get(0, 0));
    assertEquals("slice: 4 given, accepted: 1 to 3", refusal(() -> paint.fill(4, 0, 0, RED)));
  }

  @Test
  public void selectionsHoldAllThatWasDone() throws Exception {
    PaintEngine paint = new PaintEngine(image(2), labels());
    paint.fill(1, 2, 0, RED);
    paint.fill(1, 25, 0, RED);
    paint.fill(2, 0, 0, BLUE);
    paint.cut(2, new int[] {0, 10, 9, 10});
    File file = File.createTempFile("paint", ".zip");
    try {
      RoiFiles.write(file, paint.rois());
      List<Roi> rois = RoiFiles.read(file);
      assertEquals(3, rois.size());
      assertEquals("255-0-0", rois.get(0).getName());
      PaintEngine again = new PaintEngine(image(2), labels());
      again.restore(rois);
      for (int n = 1; n <= 2; n++) assertArrayEquals(paint.picture(n, true), again.picture(n, true));
      assertEquals("undo: there is nothing to undo", refusal(() -> again.undo(1)));
    } finally {
      Files.delete(file.toPath());
    }
  }

  @Test
  public void labelImagesThatDoNotFitAreRefusedInOneSentence() {
    ImagePlus small = new ImagePlus("small", new ByteProcessor(7, 8));
    assertEquals("labels: small is 7 x 8 pixels, cells.tif is 30 x 20; both must have one size",
        refusal(() -> new PaintEngine(image(1), small)));
    ImagePlus three = image(3);
    assertEquals("labels: cells.tif has 3 images, needs 1 or 2", refusal(() -> new PaintEngine(image(2), three)));
    ImageProcessor many = new FloatProcessor(30, 20);
    many.setf(4, 1, 65537);
    assertEquals(1, new PaintEngine(image(1), new ImagePlus("many", many)).fill(1, 4, 1, RED)); // 32 bits hold it
    many.setf(4, 1, 16777218);
    assertEquals("labels: many has the label 16777218 at 4,1, needs whole numbers from 0 to 16777216",
        refusal(() -> new PaintEngine(image(1), new ImagePlus("many", many))));
    PaintEngine paint = new PaintEngine(image(1), labels());
    assertEquals("point: 30,2 lies outside the image, which is 30 x 20 pixels", refusal(() -> paint.fill(1, 30, 2, RED)));
  }

  @Test
  public void labelsThatAreClosedServeOn() {
    ImageStack each = new ImageStack(30, 20);
    for (int n = 0; n < 2; n++) each.addSlice(labels().getProcessor());
    for (ImagePlus labels : new ImagePlus[] {labels(), new ImagePlus("each", each)}) {
      PaintEngine paint = new PaintEngine(image(2), labels);
      paint.cut(1, new int[] {0, 10, 9, 10});
      labels.close(); // ImageJ empties its stack
      assertEquals(196, paint.fill(2, 0, 0, RED));
      assertEquals(2, paint.rois().size());
      paint.reset(1);
      assertEquals(196, paint.fill(1, 0, 0, RED));
    }
  }

  @Test
  public void moreColoursThanALabelImageHoldsAreRefused() {
    ImagePlus large = new ImagePlus("large", new ByteProcessor(256, 256));
    PaintEngine paint = new PaintEngine(large, large);
    int[][] argb = new int[1][65536];
    for (int i = 0; i < argb[0].length; i++) argb[0][i] = 0xff000001 + i;
    paint.stamp(argb);
    assertEquals("colours: 65536 are in use, a label image holds 65535", refusal(() -> paint.labelImage("painted")));
  }
}
