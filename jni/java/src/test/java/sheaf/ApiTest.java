package sheaf;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import java.awt.GraphicsEnvironment;
import java.io.File;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of the guide, in a Java without a screen and with nothing but ij.jar; the session is the shared one. */
class ApiTest {
  @TempDir File folder;

  @Test
  void aProgramNeedsNoWindow() throws Exception {
    String said = Fixtures.child(folder, Collections.emptyList(), Collections.emptyList(), Program.class,
        Fixtures.property("sheaf.library.dir") + "/sheaf-plugins");
    assertTrue(said.trim().endsWith("all is well"), said);
  }

  static final class Program {
    public static void main(String[] arguments) {
      check(GraphicsEnvironment.isHeadless() && IJ.getInstance() == null, "there is a screen");
      Sheaf.session().load(arguments[0]);
      ImagePlus image = Fixtures.stack(16, 64, 48, 5);
      Result result = Sheaf.run(image, "align.register", "model=rigid reference=mean");
      check(result.image().getStackSize() == 5 && result.image().getTitle().equals("pc12-aligned"), "the image");
      check(result.tables().get("alignment").numbers("score_after").length == 5, "the table");
      Map<String, Object> options = new HashMap<>();
      options.put("k", 2);
      Result clusters = Sheaf.run(image, "cluster.images", options);
      check(clusters.plot("dendrogram").getImagePlus().getWidth() > 100, "the plot");
      check(clusters.params().contains("\"k\":2"), clusters.params());
      try {
        Sheaf.run(image, "align.register", "model=rigit");
        check(false, "a misspelt choice");
      } catch (SheafException e) {
        check(e.status().equals("invalid") && e.getMessage().contains("did you mean rigid?"), e.getMessage());
      }
      check(ij.WindowManager.getImageCount() == 0, "an image is shown");
      System.out.println("all is well");
    }

    private static void check(boolean ok, String what) {
      if (!ok)
        throw new IllegalStateException(what);
    }
  }
}
