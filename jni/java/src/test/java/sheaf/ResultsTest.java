package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.gui.Plot;
import ij.gui.PointRoi;
import ij.gui.Roi;
import ij.gui.ShapeRoi;
import ij.measure.ResultsTable;
import ij.process.ImageProcessor;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Results that are not images: tables, regions, plots. */
class ResultsTest {
  private final ImagePlus image = Fixtures.stack(8, 20, 16, 4);

  @Test
  void tablesHaveTitleColumnsAndEmptyCells() {
    Table table = Fixtures.run(image, "test.copy", "").tables().get("copies");
    assertEquals("Copies of pc12", table.title());
    assertEquals("[Label, n]", table.columns().toString());
    assertArrayEquals(new double[] {0, Double.NaN, 2, 3}, table.numbers("n"));
    assertArrayEquals(new String[] {"0", "", "2", "3"}, table.texts("n"));
    assertThrows(IllegalArgumentException.class, () -> table.numbers("Label"));
    assertThrows(IllegalArgumentException.class, () -> table.numbers("m"));

    ResultsTable shown = table.toResultsTable();
    assertEquals(4, shown.size());
    assertEquals("Label\tn", shown.getColumnHeadings().trim());
    assertEquals("image 3", shown.getLabel(2));
    assertEquals(2, shown.getValue("n", 2));
    assertEquals("", shown.getStringValue("n", 1));
    assertTrue(Double.isNaN(shown.getValue("n", 1)));
  }

  @Test
  void aTableWithoutRowsHasItsColumns() {
    ImagePlus flat = new ImagePlus("flat", new ij.process.ByteProcessor(20, 16));
    Table table = Fixtures.run(flat, "segment.watershed", "").tables().get("regions");
    assertEquals(0, table.rows());
    ResultsTable shown = table.toResultsTable();
    assertEquals(0, shown.size());
    assertTrue(shown.getColumnIndex("area") >= 0, shown.getColumnHeadings());
    assertTrue(shown.getColumnIndex("box_width") >= 0, shown.getColumnHeadings());
  }

  @Test
  void rowsAreWrittenAsImageJWritesThem() {
    Random random = new Random(5);
    double[] odd = {0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.0005, 0.0015, 1e-7, -1e-7, 0.1, 0.01, 0.001, 999999999999.0, 1e12, 1e15,
        -1e300, 4.9e-324, Float.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1.005, 2.675, 1023.9999995};
    for (int decimals = 0; decimals <= 9; decimals++) {
      for (double value : odd) checkNumber(value, decimals);
      for (int i = 0; i < 20000; i++) {
        checkNumber(random.nextGaussian() * Math.pow(10, random.nextInt(16) - 5), decimals);
        checkNumber(Math.rint(random.nextGaussian() * 1e5) / (1 << random.nextInt(12)), decimals); // many ties
      }
    }

    Table table = new Table("t", "T");
    table.put("Label", new String[] {"a", "b, \"c\"", "d"}, 3);
    table.put("whole", new double[] {1, Double.NaN, -30000}, 3);
    table.put("status", new String[] {"ok", "", "failed"}, 3);
    table.put("fraction", new double[] {0.125, 1234.56789, Double.POSITIVE_INFINITY}, 3);
    ResultsTable shown = table.toResultsTable();
    for (int row = 0; row < 3; row++) assertEquals(shown.getRowAsString(row), table.text().row(row));
    assertEquals("b, \"c\"\t\t\t1234.568", table.text().row(1));
  }

  private static void checkNumber(double value, int decimals) {
    StringBuilder text = new StringBuilder();
    ShownTable.append(text, value, decimals);
    assertEquals(ResultsTable.d2s(value, decimals), text.toString(), value + " with " + decimals + " decimals");
  }

  @Test
  void regionsBecomeRois() {
    Result result = Fixtures.run(image, "test.shapes", "");
    assertEquals(4, result.regions().size());
    Roi ring = region(result, "").toRoi();
    assertTrue(ring instanceof ShapeRoi);
    assertEquals(2, ring.getPosition());
    assertEquals("Label-005", ring.getName());
    assertTrue(ring.contains(2, 2));
    assertTrue(!ring.contains(6, 6), "the hole");
    assertEquals(100 - 16, ring.getStatistics().area);
    Roi square = region(result, "Größe").toRoi();
    assertEquals("Größe", square.getName());
    assertEquals(0, square.getPosition());
    assertEquals(Roi.POLYGON, square.getType());
    assertEquals(100, square.getStatistics().area);
    assertTrue(region(result, "points").toRoi() instanceof PointRoi);
    assertEquals(Roi.POLYLINE, region(result, "line").toRoi().getType());
    assertEquals(0.75, region(result, "").score());
    assertTrue(Fixtures.run(image, "test.shapes", "regions=none").regions().isEmpty());
  }

  private static Region region(Result result, String name) {
    for (Region region : result.regions()) {
      if (region.name().equals(name))
        return region;
    }
    throw new AssertionError("no region " + name);
  }

  @Test
  void plotsAreDataAndCanBeDrawn() {
    Result result = Fixtures.run(image, "test.shapes", "");
    assertEquals("[curve, scatter, dendrogram, histogram]", result.plots().keySet().toString());
    assertEquals("Curve of pc12", result.plots().get("curve").get("title"));
    assertEquals("[0.5, null, 0.25, 1.0]", result.plots().get("curve").get("y").toString());
    for (String name : result.plots().keySet()) {
      Plot plot = result.plot(name);
      ImageProcessor ip = plot.getProcessor();
      assertTrue(ip.getWidth() > 200 && ip.getHeight() > 100);
      assertTrue(plot.getTitle().endsWith(" of pc12"), plot.getTitle());
    }
    Plot dendrogram = result.plot("dendrogram");
    double[] limits = dendrogram.getLimits();
    assertEquals(0, limits[0]);
    assertTrue(limits[1] > 5);
    String texts = String.join(" ", dendrogram.getPlotObjectDesignations());
    for (String leaf : new String[] {"a", "b", "c", "d"})
      assertTrue(texts.contains("\"" + leaf + "\"") || texts.contains(leaf), texts);
  }

  @Test
  void groupsHaveColoursThatCanBeToldApart() {
    for (int a = 0; a <= 64; a++) {
      double[] one = lab(PlotView.colour(a));
      assertTrue(one[0] > 25 && one[0] < 75, "group " + a + " has the lightness " + one[0]);
      for (int b = 0; b < a; b++) {
        double[] other = lab(PlotView.colour(b));
        double difference = 0;
        for (int i = 0; i < 3; i++) difference += (one[i] - other[i]) * (one[i] - other[i]);
        // a just noticeable difference is about 2.3
        assertTrue(Math.sqrt(difference) > (a <= 25 ? 25 : 20), "groups " + a + " and " + b);
      }
    }
    assertEquals(PlotView.colour(1), PlotView.colour(65));
  }

  private static double[] lab(Color colour) {
    return LabelColours.lab(colour.getRed(), colour.getGreen(), colour.getBlue());
  }

  /** A chain of merges in which the leaves from `half` on are a second cluster. */
  private static Plot dendrogram(int leaves) {
    List<Object> linkage = new ArrayList<>();
    List<Object> names = new ArrayList<>();
    List<Object> order = new ArrayList<>();
    List<Object> group = new ArrayList<>();
    int half = leaves / 2;
    for (int i = 0; i < leaves; i++) {
      names.add("image " + i);
      order.add((double) i);
      group.add(i < half ? 1.0 : 2.0);
    }
    int node = leaves;
    double height = 1;
    int[] tops = new int[2];
    for (int side = 0; side < 2; side++) {
      int top = side == 0 ? 0 : half;
      for (int i = top + 1; i < (side == 0 ? half : leaves); i++) {
        linkage.add(Arrays.asList((double) top, (double) i, height, 2.0));
        top = node++;
        height += 0.01;
      }
      tops[side] = top;
    }
    linkage.add(Arrays.asList((double) tops[0], (double) tops[1], 20.0, (double) leaves));
    Map<String, Object> plot = new HashMap<>();
    plot.put("kind", "dendrogram");
    plot.put("name", "tree");
    plot.put("linkage", linkage);
    plot.put("names", names);
    plot.put("order", order);
    plot.put("group", group);
    plot.put("cut", 15.0);
    return PlotView.draw(plot);
  }

  @Test
  void aDendrogramFitsTheScreenAndNamesWhatItHasRoomFor() {
    for (int leaves : new int[] {3, 40, 200, 2000}) {
      Plot plot = dendrogram(leaves);
      ImageProcessor ip = plot.getProcessor();
      assertTrue(ip.getHeight() > 150 && ip.getHeight() < 900, leaves + " leaves: " + ip.getHeight() + " px");
      String texts = String.join(" ", plot.getPlotObjectDesignations());
      assertEquals(leaves < 100, texts.contains("image " + (leaves - 1)), texts);
      assertEquals(leaves >= 100, texts.contains("cluster 1 (" + leaves / 2 + ")"), texts);
    }
  }

  @Test
  void plotsThatCannotBeDrawnAreRefused() {
    Map<String, Object> plot = new HashMap<>();
    plot.put("kind", "pie");
    plot.put("name", "cake");
    assertEquals("plot cake: the kind \"pie\" is unknown to this version",
        assertThrows(SheafException.class, () -> PlotView.draw(plot)).getMessage());
    plot.put("kind", "curve");
    assertEquals("plot cake: the operation gave no usable \"x\"",
        assertThrows(SheafException.class, () -> PlotView.draw(plot)).getMessage());
  }

  @Test
  void titlesComeFromTheImage() {
    String[][] titles = {{"a.tif", "a"}, {"a.b.TIFF", "a.b"}, {"run 1.5um", "run 1.5um"}, {".tif", ".tif"},
        {"x.nd2 - series 1", "x.nd2 - series 1"}};
    for (String[] t : titles) {
      image.setTitle(t[0]);
      assertEquals(t[1], Job.baseTitle(image));
    }
  }

  @Test
  void extensionFunctionsAnswerFromTables() {
    Result result = Fixtures.run(image, "cluster.images", "k_min=2 k_max=3");
    Schema schema = new Schema(Fixtures.session().schema("cluster.images"));
    ResultsView.show(schema, Request.of(new HashMap<>(), schema), result, image);
    int clusters = 0;
    for (double c : result.tables().get("clusters").numbers("cluster")) clusters = Math.max(clusters, (int) c);
    assertEquals(Integer.toString(clusters), Extensions.answer("sheafClusters", new Object[] {"pc12"}));
    assertEquals(Integer.toString(clusters), Extensions.answer("sheafClusters", new Object[] {"pc12.tif"}));
    assertEquals("4", Extensions.answer("sheafRows", new Object[] {"Clusters of pc12"}));
    assertEquals("image 2", Extensions.answer("sheafValue", new Object[] {"Clusters of pc12", "Label", 1.0}));
    assertEquals("row 4 given, \"Clusters of pc12\" has 0 to 3",
        assertThrows(SheafException.class,
            () -> Extensions.answer("sheafValue", new Object[] {"Clusters of pc12", "Label", 4.0}))
            .getMessage());
    assertEquals("there is no table \"Alignment of nothing\"; run the command first",
        assertThrows(SheafException.class, () -> Extensions.answer("sheafScore", new Object[] {"nothing", 1.0}))
            .getMessage());
    assertEquals("1.0.0", Extensions.answer("sheafVersion", null));
  }

  @Test
  void theRecordOfARunSaysAllParameters() {
    Map<String, Object> params = Json.object(Fixtures.run(image, "test.offset", "amount=3").params());
    assertEquals("{amount=3.0, direction=up, twice=false, delay=0.0, least=0.0}", params.toString());
  }
}
