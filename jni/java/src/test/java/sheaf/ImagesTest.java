package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.measure.Calibration;
import ij.process.ByteProcessor;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.LUT;
import java.awt.Color;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images of every type go down and come up unchanged, with everything the user knows about them. */
class ImagesTest {
  @ParameterizedTest
  @CsvSource({"8,1,1,1", "8,64,3,4", "8,63,17,3", "16,1,5,2", "16,64,64,3", "16,131,7,5", "24,16,16,2", "24,33,9,3",
      "32,16,4,2", "32,37,11,4", "8,700,400,9", "16,509,300,9", "24,301,300,9", "32,512,256,9"})
  void
  pixelsSurvive(int bits, int width, int height, int count) {
    ImagePlus image = Fixtures.stack(bits, width, height, count);
    ImagePlus copy = Fixtures.run(image, "test.copy", "").image();
    assertEquals(image.getType(), copy.getType());
    assertEquals("pc12-copy", copy.getTitle());
    Fixtures.assertSamePixels(image, copy);
    assertNotSame(image.getStack().getPixels(1), copy.getStack().getPixels(1));
    assertFalse(image.isLocked());
  }

  @Test
  void allValuesOfAFloatSurvive() {
    float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, Float.MIN_VALUE, Float.MAX_VALUE};
    ImagePlus image = new ImagePlus("odd", new FloatProcessor(3, 2, odd.clone()));
    ImagePlus copy = Fixtures.run(image, "test.copy", "").image();
    assertArrayEquals(odd, (float[]) copy.getProcessor().getPixels());
  }

  @Test
  void coloursAreOpaque() {
    ImagePlus copy = Fixtures.run(Fixtures.stack(24, 9, 7, 1), "test.copy", "").image();
    for (int rgb : (int[]) copy.getProcessor().getPixels()) assertEquals(0xff, rgb >>> 24);
  }

  @Test
  void aSingleImageKeepsItsLabel() {
    ImagePlus image = new ImagePlus("cell.png", new ByteProcessor(8, 8));
    Table table = Fixtures.run(image, "test.copy", "").table();
    assertArrayEquals(new String[] {"cell.png"}, table.texts("Label"));
    image.setProp("Slice_Label", "DAPI");
    assertArrayEquals(new String[] {"DAPI"},
        Fixtures
            .run(
                new ImagePlus("x", image.getProcessor()) {
                  { setProp("Slice_Label", "DAPI"); }
                },
                "test.copy", "")
            .table()
            .texts("Label"));
  }

  @Test
  void signedSixteenBitIsRawWithItsOffset() {
    ImagePlus image = Fixtures.stack(16, 20, 10, 2);
    image.getCalibration().setSigned16BitCalibration();
    Map<String, Double> seen = Fixtures.description(image);
    assertEquals(1.0, seen.get("flags"));
    assertEquals(-32768.0, seen.get("offset"));
    assertEquals(1.0, seen.get("scale"));
    ImagePlus copy = Fixtures.run(image, "test.copy", "").image();
    Fixtures.assertSamePixels(image, copy);
    assertTrue(copy.getCalibration().isSigned16Bit());
    assertEquals(image.getCalibration().getCValue(40000), copy.getCalibration().getCValue(40000));
  }

  @Test
  void linearCalibrationsArePassedOnAndOthersAreLeftAlone() {
    ImagePlus image = Fixtures.stack(8, 20, 10, 2);
    image.getCalibration().setFunction(Calibration.STRAIGHT_LINE, new double[] {5, 0.5}, "OD");
    Map<String, Double> seen = Fixtures.description(image);
    assertEquals(5.0, seen.get("offset"));
    assertEquals(0.5, seen.get("scale"));
    assertEquals("OD", Fixtures.run(image, "test.copy", "").image().getCalibration().getValueUnit());
    image.getCalibration().setFunction(Calibration.POLY2, new double[] {1, 2, 3}, "OD");
    assertEquals(0.0, Fixtures.description(image).get("flags"));
    Calibration kept = Fixtures.run(image, "test.copy", "").image().getCalibration();
    assertEquals(Calibration.POLY2, kept.getFunction());
    // labels are no intensities
    ImagePlus labels = Fixtures.run(image, "test.labels", "").image();
    assertFalse(labels.getCalibration().calibrated());
  }

  @Test
  void aPaletteOfIntensitiesIsKept() {
    ImagePlus image = Fixtures.stack(8, 16, 16, 2);
    byte[] r = new byte[256], g = new byte[256], b = new byte[256];
    for (int i = 0; i < 256; i++) {
      // hues change, luminance only rises; ImageJ calls only such rough palettes indexed colours
      r[i] = (byte) (i / 4 + (i % 2 == 0 ? 100 : 0));
      g[i] = (byte) (i / 4 + (i % 2 == 0 ? 0 : 50));
      b[i] = (byte) (i / 4);
    }
    image.getProcessor().setLut(new LUT(r, g, b));
    image.setTypeToColor256();
    assertEquals(ImagePlus.COLOR_256, image.getType());
    Result result = Fixtures.run(image, "test.copy", "");
    Fixtures.assertSamePixels(image, result.image());
    assertEquals(image.getProcessor().getLut().getRGB(77), result.image().getProcessor().getLut().getRGB(77));
    assertTrue(result.log().isEmpty());
  }

  @Test
  void aPaletteOfNamesBecomesRgbAndThatIsSaid() {
    ImagePlus image = Fixtures.stack(8, 16, 16, 2);
    byte[] r = new byte[256], g = new byte[256], b = new byte[256];
    for (int i = 0; i < 256; i++) {
      r[i] = (byte) (i * 97);
      g[i] = (byte) (i * 57);
      b[i] = (byte) (i * 31);
    }
    image.getProcessor().setLut(new LUT(r, g, b));
    image.setTypeToColor256();
    assertEquals(ImagePlus.COLOR_256, image.getType());
    Result result = Fixtures.run(image, "test.copy", "");
    assertEquals(ImagePlus.COLOR_RGB, result.image().getType());
    int index = ((byte[]) image.getStack().getPixels(2))[5] & 255;
    assertEquals(image.getProcessor().getLut().getRGB(index) & 0xffffff,
        ((int[]) result.image().getStack().getPixels(2))[5] & 0xffffff);
    assertTrue(result.log().get(0).contains("RGB"), result.log().toString());
  }

  @Test
  void hyperstacksKeepOrderDimensionsAndModes() {
    ImagePlus plain = Fixtures.stack(16, 12, 10, 3 * 4 * 5);
    plain.setDimensions(3, 4, 5);
    plain.setOpenAsHyperStack(true);
    CompositeImage image = new CompositeImage(plain, IJ.COMPOSITE);
    LUT[] luts = image.getLuts();
    for (int c = 0; c < 3; c++) {
      luts[c] = LUT.createLutFromColor(new Color[] {Color.cyan, Color.magenta, Color.yellow}[c]);
      luts[c].min = 10 * c;
      luts[c].max = 1000 + c;
    }
    image.setLuts(luts);
    image.setPosition(2, 3, 4);
    image.getActiveChannels()[0] = false;
    image.getCalibration().frameInterval = 2;
    image.getCalibration().setTimeUnit("min");

    Map<String, Double> seen = Fixtures.description(image);
    assertEquals(3.0, seen.get("channels"));
    assertEquals(4.0, seen.get("depth"));
    assertEquals(5.0, seen.get("frames"));
    assertEquals(120.0, seen.get("interval"));
    ImagePlus copy = Fixtures.run(image, "test.copy", "").image();
    Fixtures.assertSamePixels(image, copy);
    assertArrayEquals(image.getDimensions(), copy.getDimensions());
    assertTrue(copy.isComposite() && copy.getOpenAsHyperStack());
    assertEquals(IJ.COMPOSITE, ((CompositeImage) copy).getMode());
    assertFalse(((CompositeImage) copy).getActiveChannels()[0]);
    for (int c = 0; c < 3; c++) {
      assertEquals(image.getLuts()[c].getRGB(200), copy.getLuts()[c].getRGB(200));
      assertEquals(image.getLuts()[c].min, copy.getLuts()[c].min);
      assertEquals(image.getLuts()[c].max, copy.getLuts()[c].max);
    }
    assertEquals(2, copy.getC());
    assertEquals(3, copy.getZ());
    assertEquals(4, copy.getT());
    assertEquals("image 7", copy.getStack().getSliceLabel(7));
  }

  @Test
  void allThatTheUserKnowsIsKept() {
    ImagePlus image = Fixtures.stack(16, 12, 10, 3);
    Calibration c = image.getCalibration();
    c.setUnit("um");
    c.pixelWidth = 0.25;
    c.pixelHeight = 0.5;
    c.pixelDepth = 2;
    c.xOrigin = 4;
    image.setProperty("Info", "microscope: 7");
    image.setProp("stage", "A1");
    image.getStack().setSliceLabel("first\nwith: a header", 1);
    image.setOverlay(new Overlay(new Roi(1, 2, 3, 4)));
    image.getProcessor().setLut(LUT.createLutFromColor(Color.green));
    image.setDisplayRange(100, 2000);
    image.setSlice(2);
    image.setDisplayRange(100, 2000);

    Result result = Fixtures.run(image, "test.copy", "");
    ImagePlus copy = result.image();
    assertEquals(0.25, copy.getCalibration().pixelWidth);
    assertEquals(0.5, copy.getCalibration().pixelHeight);
    assertEquals(2, copy.getCalibration().pixelDepth);
    assertEquals(4, copy.getCalibration().xOrigin);
    assertEquals(image.getCalibration().getUnit(), copy.getCalibration().getUnit());
    assertNotSame(image.getCalibration(), copy.getCalibration());
    assertEquals("microscope: 7", copy.getProperty("Info"));
    assertEquals("A1", copy.getProp("stage"));
    assertEquals("first\nwith: a header", copy.getStack().getSliceLabel(1));
    assertArrayEquals(new String[] {"first", "image 2", "image 3"}, result.table().texts("Label"));
    assertEquals(1, copy.getOverlay().size());
    assertNotSame(image.getOverlay().get(0), copy.getOverlay().get(0));
    assertEquals(image.getProcessor().getLut().getRGB(99), copy.getProcessor().getLut().getRGB(99));
    assertEquals(100, copy.getDisplayRangeMin());
    assertEquals(2000, copy.getDisplayRangeMax());
    assertEquals(2, copy.getCurrentSlice());
    assertFalse(copy.changes);

    Map<String, Double> seen = Fixtures.description(image);
    assertEquals(0.25, seen.get("spacing_x"));
    assertEquals(2.0, seen.get("spacing_z"));
  }

  @Test
  void croppedResultsDropWhatNoLongerFits() {
    ImagePlus image = Fixtures.stack(8, 12, 10, 3);
    image.getCalibration().pixelWidth = 0.25;
    image.getCalibration().xOrigin = 4;
    image.setOverlay(new Overlay(new Roi(1, 2, 3, 4)));
    ImagePlus cropped = Fixtures.run(image, "test.crop", "").image();
    assertEquals("pc12-cropped", cropped.getTitle());
    assertEquals(10, cropped.getWidth());
    assertEquals(8, cropped.getHeight());
    assertEquals(0.25, cropped.getCalibration().pixelWidth);
    assertEquals(0, cropped.getCalibration().xOrigin);
    assertNull(cropped.getOverlay());
    for (int n = 1; n <= 3; n++) {
      assertEquals("image " + n, cropped.getStack().getSliceLabel(n));
      assertEquals(image.getStack().getProcessor(n).get(3, 4), cropped.getStack().getProcessor(n).get(2, 3));
    }
  }

  @Test
  void labelsGetTheSmallestTypeThatHoldsThem() {
    ImagePlus image = Fixtures.stack(8, 16, 16, 3);
    ImagePlus small = Fixtures.run(image, "test.labels", "factor=257").image();
    assertEquals(16, small.getBitDepth());
    assertEquals(255 * 257, ((short[]) small.getStack().getPixels(1))[maximum(image, 1)] & 0xffff);
    assertEquals(0, small.getDisplayRangeMin());

    ImagePlus large = Fixtures.run(image, "test.labels", "factor=60000").image();
    assertEquals(32, large.getBitDepth());
    assertEquals(255f * 60000, ((float[]) large.getStack().getPixels(2))[maximum(image, 2)]);

    // one image that needs more widens them all
    ImagePlus mixed = Fixtures.run(image, "test.labels", "factor=60000 only=2").image();
    assertEquals(32, mixed.getBitDepth());
    assertEquals(image.getStack().getProcessor(1).get(5), ((float[]) mixed.getStack().getPixels(1))[5]);

    SheafException e = assertThrows(SheafException.class, () -> Fixtures.run(image, "test.labels", "factor=1000000"));
    assertEquals("labels: there is a label 255000000, ImageJ can show labels up to 16777216", e.getMessage());
    assertEquals("unsupported", e.status());
  }

  @Test
  void labelImagesOfAnyTypeAreReadAsLabels() {
    for (int bits : new int[] {8, 16}) {
      ImagePlus image = Fixtures.stack(bits, 16, 16, 2);
      ImagePlus result = Fixtures.run(image, "test.relabel", "").image();
      for (int i = 0; i < 256; i++) {
        int label = image.getStack().getProcessor(2).get(i);
        assertEquals(label == 0 ? 0 : label + 1, result.getStack().getProcessor(2).getf(i));
      }
    }
    FloatProcessor wide = new FloatProcessor(2, 2, new float[] {0, 1, 70000, 16777215});
    ImagePlus result = Fixtures.run(new ImagePlus("wide", wide), "test.relabel", "").image();
    assertArrayEquals(new float[] {0, 2, 70001, 16777216}, (float[]) result.getProcessor().getPixels());
    wide.setf(1, 0.5f);
    SheafException e =
        assertThrows(SheafException.class, () -> Fixtures.run(new ImagePlus("wide", wide), "test.relabel", ""));
    assertEquals("images: image 1: the value 0.5 at 1,0 is no label; accepted: whole numbers from 0 to 16777216", e.getMessage());
    assertEquals("invalid", e.status());
  }

  private static int maximum(ImagePlus image, int n) {
    ImageProcessor ip = image.getStack().getProcessor(n);
    int best = 0;
    for (int i = 0; i < ip.getPixelCount(); i++) {
      if (ip.get(i) > ip.get(best))
        best = i;
    }
    assertEquals(255, ip.get(best));
    return best;
  }

  @Test
  void labelColoursCanBeToldApartAndStayTheSame() {
    LUT few = LabelColours.table(3);
    LUT more = LabelColours.table(200);
    assertEquals(0, few.getRGB(0) & 0xffffff);
    assertEquals(0xffffff, few.getRGB(85) & 0xffffff); // label 1 of 3
    assertEquals(few.getRGB(170), more.getRGB((int) Math.round(2 * 255.0 / 200)));
    java.util.Set<Integer> colours = new java.util.HashSet<>();
    LUT all = LabelColours.table(255);
    for (int i = 0; i < 256; i++) colours.add(all.getRGB(i));
    assertEquals(256, colours.size());
  }

  @Test
  void optionalOutputsAreMadeWhenTheyAreAskedFor() {
    ImagePlus image = Fixtures.stack(8, 8, 8, 2);
    assertTrue(Fixtures.run(image, "test.describe", "").images().isEmpty());
    ImagePlus mask = Fixtures.run(image, "test.describe", "output=mask").image();
    assertEquals(7, mask.getProcessor().get(0, 0));
    assertEquals(1, mask.getStackSize());
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    ImagePlus image = Fixtures.stack(16, 50, 40, 7);
    try (Session one = new Session(1, 0, false)) {
      one.load(Fixtures.property("sheaf.test.plugins"));
      ImagePlus a = Sheaf
                        .run(one, java.util.Collections.singletonList(image), "test.offset",
                            java.util.Collections.singletonMap("amount", 77), null)
                        .image();
      Fixtures.assertSamePixels(a, Fixtures.run(image, "test.offset", "amount=77").image());
    }
  }
}
