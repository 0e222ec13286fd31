package sheaf;

import ij.ImagePlus;
import ij.plugin.tool.PlugInTool;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.EventQueue;
import java.awt.GraphicsEnvironment;
import java.awt.Rectangle;
import java.awt.Scrollbar;
import java.util.Arrays;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.stream.Collectors;

/**
 * An object of the current image cut out step by step, by call("sheaf.GrabCut.rectangle", x, y, width, height) and so
 * on; the tool does nothing else. Coordinates count from 0, in pixels of the shown slice.
 */
public final class GrabCut extends Live {
  static final String CLASS = "sheaf.GrabCut.";
  static final String REPLACE = "replace";
  static final String SEPARATE = "separate";
  private static final Map<ImagePlus, GrabCut> sessions = new WeakHashMap<>();
  private static final int WIDEST_BRUSH = 100;

  private final GrabCutEngine engine;
  private final Choice kinds = GraphicsEnvironment.isHeadless() ? null : new Choice();
  private Scrollbar brush;
  private Checkbox separate;
  private boolean busy; // on the windows' thread

  private GrabCut(ImagePlus image) {
    super(image, "GrabCut");
    engine = new GrabCutEngine(image, GrabCutEngine::divide);
  }

  static GrabCut start(ImagePlus image) {
    GrabCut before = of(image);
    if (before != null)
      before.close();
    GrabCut session = new GrabCut(image);
    sessions.put(image, session);
    session.window();
    session.show();
    return session;
  }

  private void window() {
    if (GraphicsEnvironment.isHeadless() || image.getWindow() == null)
      return;
    for (int label = 1; label <= 4; label++) kinds.add(Annotations.kind(label));
    add(kinds);
    brush = new Scrollbar(Scrollbar.HORIZONTAL, 6, 1, 1, WIDEST_BRUSH + 1);
    brush.addAdjustmentListener(e -> say("brush of " + brush.getValue() + " pixels"));
    add(brush);
    button("Iterate", ' ', this::iterateAside);
    button("Undo", 'z', () -> recordStep(CLASS + "undo", this::takeBack));
    button("Reset", 'r', () -> {
      clear();
      record(CLASS + "reset");
    });
    button("Quit", 'q', () -> {
      close();
      record(CLASS + "quit");
    });
    button("Finish", 'f', this::finishByHand);
    separate = new Checkbox("Separate objects");
    add(separate);
    openWindow("Middle, or shift, and drag: rectangle around the object.\nLeft and drag: a stroke of the chosen kind. "
        + "Right: background.\nWith control: probable foreground, probable background.");
  }

  static GrabCut of(ImagePlus image) {
    GrabCut session = image == null ? null : sessions.get(image);
    return session == null || session.endIfChanged() ? null : session;
  }

  private static GrabCut session() {
    GrabCut session = of(current());
    if (session == null) {
      throw SheafException.invalid("image: " + current().getTitle()
          + " is not being cut; choose \"Sheaf GrabCut Tool\" or call(\"sheaf.GrabCut.open\")");
    }
    return session;
  }

  // ---- what macros call --------------------------------------------------------------

  public static void open() {
    guarded(() -> start(current()));
  }

  public static void rectangle(String x, String y, String width, String height) {
    guarded(() -> session().frame(new Rectangle(Arguments.pixels("x", x), Arguments.pixels("y", y),
        Arguments.pixels("width", width), Arguments.pixels("height", height))));
  }

  /**
   * A stroke that contradicts an earlier one is refused.
   *
   * @param kind foreground, background, probable_background or probable_foreground
   * @param points "x,y,x,y,..."
   */
  public static void stroke(String kind, String brush, String points) {
    guarded(() -> session().draw(false, Annotations.kind(kind), Arguments.whole("brush", brush), Arguments.points(points)));
  }

  /** @param replace "replace": the stroke takes the place of those it contradicts, as it does by hand */
  public static void stroke(String kind, String brush, String points, String replace) {
    guarded(() -> {
      if (!replace.equals(REPLACE))
        throw SheafException.invalid("stroke: \"" + replace + "\" given after the points, needs \"" + REPLACE + "\" or nothing");
      session().draw(true, Annotations.kind(kind), Arguments.whole("brush", brush), Arguments.points(points));
    });
  }

  /** @return pixels of the foreground */
  public static String iterate(String iterations) {
    int[] area = new int[1];
    guarded(() -> {
      GrabCut session = session();
      session.engine.iterate(session.image.getCurrentSlice(), Arguments.whole("iterations", iterations));
      session.show();
      area[0] = session.engine.area(session.image.getCurrentSlice());
    });
    return String.valueOf(area[0]);
  }

  public static void reset() {
    guarded(() -> session().clear());
  }

  /** Takes back the last rectangle, stroke, call of iterate, or reset. */
  public static void undo() {
    guarded(() -> session().takeBack());
  }

  /** Shows the label image, 1 in the foreground, and ends. */
  public static void finish() {
    guarded(() -> session().showLabels(false));
  }

  /** @param separate "separate": the connected regions of the foreground have numbers of their own */
  public static void finish(String separate) {
    guarded(() -> {
      if (!separate.equals(SEPARATE))
        throw SheafException.invalid("finish: \"" + separate + "\" given, needs \"" + SEPARATE + "\" or nothing");
      session().showLabels(true);
    });
  }

  /** Ends without a result. */
  public static void quit() {
    guarded(() -> session().close());
  }

  // ---- the same for the tool -----------------------------------------------------------

  void frame(Rectangle r) {
    engine.rectangle(image.getCurrentSlice(), r);
    show();
  }

  /** @return how many pixels of strokes that say the contrary it has replaced */
  int draw(boolean replaces, int label, int width, int... xy) {
    int replaced = engine.stroke(image.getCurrentSlice(), replaces, label, width, xy);
    show();
    return replaced;
  }

  /** A stroke by hand takes the place of what was drawn before, and says so. */
  void stroke(int label, int... xy) {
    int replaced = draw(true, label, brush(), xy);
    String points = Arrays.stream(xy).mapToObj(String::valueOf).collect(Collectors.joining(","));
    if (replaced == 0) {
      record(CLASS + "stroke", Annotations.kind(label), brush(), points);
      return;
    }
    say((replaced == 1 ? "1 pixel" : replaced + " pixels") + " of " + Annotations.kind(Annotations.contrary(label))
        + " replaced by " + Annotations.kind(label));
    record(CLASS + "stroke", Annotations.kind(label), brush(), points, REPLACE);
  }

  private void takeBack() {
    int slice = engine.undo();
    if (slice != image.getCurrentSlice())
      image.setPosition(slice);
    show();
    sayArea(slice);
  }

  private void clear() {
    engine.reset(image.getCurrentSlice());
    show();
    sayArea(image.getCurrentSlice());
  }

  private void sayArea(int slice) {
    say(engine.isDivided(slice) ? engine.area(slice) + " pixels of foreground" : "not divided yet");
  }

  /** The result; ends. */
  private ImagePlus labels(boolean separated) {
    ImagePlus labels = engine.finish(ResultsView.unique(Job.baseTitle(image) + "-labels"), separated);
    close();
    return labels;
  }

  private void showLabels(boolean separated) {
    ResultsView.show(labels(separated), image);
  }

  private void finishByHand() {
    boolean separated = separate.getState();
    ImagePlus labels = labels(separated);
    // before ImageJ records that the new window was selected
    if (separated)
      record(CLASS + "finish", SEPARATE);
    else
      record(CLASS + "finish");
    labels.show();
  }

  /** What the user does while an iteration works would be lost under its result. */
  @Override
  void perform(Runnable action) {
    if (busy)
      say("still dividing; nothing was done");
    else
      super.perform(action);
  }

  /** One iteration, while the windows go on working. */
  private void iterateAside() {
    int slice = image.getCurrentSlice();
    busy = true;
    say("dividing ...");
    new Thread(() -> {
      Runnable after = () -> say("the iteration failed");
      try {
        after = iterated(slice);
      } finally {
        Runnable then = after;
        EventQueue.invokeLater(() -> {
          busy = false;
          if (!isClosed())
            perform(then);
        });
      }
    }, "Sheaf GrabCut").start();
  }

  /** Iterates once, on any thread; what is left to do on the windows'. */
  private Runnable iterated(int slice) {
    try {
      engine.iterate(slice, 1);
    } catch (SheafException e) {
      return () -> { throw e; };
    }
    return () -> {
      show();
      sayArea(slice);
      recordAnswer(slice, "area", CLASS + "iterate", 1);
    };
  }

  int chosenKind() {
    return kinds == null || kinds.getItemCount() == 0 ? Annotations.FOREGROUND : kinds.getSelectedIndex() + 1;
  }

  int brush() {
    return brush == null ? 6 : brush.getValue();
  }

  @Override
  boolean isOf(PlugInTool tool) {
    return tool instanceof GrabCutTool;
  }

  @Override
  int[] picture() {
    return engine.picture(image.getCurrentSlice());
  }

  @Override
  void end(boolean imageClosed) {
    sessions.remove(image);
  }
}
