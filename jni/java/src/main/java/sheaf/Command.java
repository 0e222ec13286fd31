package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.plugin.PlugIn;
import java.awt.GraphicsEnvironment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The one command behind every operation in the menu: its argument is the operation's id. From the menu it asks with a
 * dialog made from the schema; from a macro it reads the options and shows no dialog.
 */
public final class Command implements PlugIn {
  private static final long QUIET_MS = 300; // shorter runs show no progress bar
  private static boolean startedBefore;

  private String name = "Sheaf";
  private boolean known; // whether it is the operation's name

  @Override
  public void run(String operation) {
    try {
      execute(operation);
    } catch (SheafException.Cancelled e) {
      Recording.drop();
      IJ.beep();
      IJ.showStatus(name + ": stopped");
      // ImageJ ends a macro at Esc, but not because its command was interrupted
      if (Interpreter.getInstance() != null && Macro.getOptions() != null)
        Interpreter.getInstance().abortMacro();
      Macro.abort();
    } catch (SheafException e) {
      Recording.drop();
      IJ.showStatus("");
      Messages.error(name, known ? Messages.inWordsOfTheMenu(e.getMessage(), operation, name) : e.getMessage());
    }
  }

  private void execute(String operation) {
    Session session = Sheaf.session();
    Schema schema = find(session, operation);
    name = schema.name();
    known = true;
    String options = Macro.getOptions();
    ImagePlus image = schema.inputs.isEmpty() ? null : WindowManager.getCurrentImage();
    if (image == null && !schema.inputs.isEmpty())
      throw SheafException.invalid(Messages.NO_IMAGE);
    if (image != null)
      Job.lock(image);
    Request request;
    Result result;
    double seconds;
    try {
      request = options != null || GraphicsEnvironment.isHeadless() ? fromMacro(options, schema)
                                                                    : ask(session, schema, image);
      if (request == null) {
        Recording.drop();
        return;
      }
      long start = System.currentTimeMillis();
      try {
        List<ImagePlus> images = OtherInputs.images(schema, image, request.inputs);
        result = new Job(session, schema, images, request, Settings.disk(image), new Progress(schema.id, start)).run();
      } finally {
        IJ.showProgress(1.0);
      }
      seconds = (System.currentTimeMillis() - start) / 1000.0;
    } finally {
      if (image != null)
        image.unlock();
    }
    ResultsView.show(schema, request, result, image);
    IJ.showStatus(name + ": " + IJ.d2s(seconds, 2) + " seconds");
    if (options == null)
      Recording.write(schema.command(), request.options(schema), schema);
    firstUse(session);
  }

  private static void firstUse(Session session) {
    synchronized (Command.class) {
      if (startedBefore)
        return;
      startedBefore = true;
    }
    Refresh.afterFirstUse(session);
  }

  private static Schema find(Session session, String operation) {
    String json = session.schema(operation);
    if (json != null)
      return new Schema(json);
    List<String> refused = PluginLibraries.refused(session);
    if (refused.isEmpty()) {
      throw new SheafException(Abi.UNSUPPORTED,
          "No plugin brings the operation \"" + operation
              + "\" any more; put its library back, or run \"Sheaf Refresh\" to update the menu.");
    }
    // a library that is no good cannot say which operations it would bring
    throw new SheafException(Abi.UNSUPPORTED,
        String.join("\n", refused) + "\nReplace it if it brings \"" + operation + "\", then run \"Sheaf Refresh\".");
  }

  private static Request fromMacro(String options, Schema schema) {
    Options.Variables variables = Options.macroVariables();
    Map<String, String> given = Options.parse(options == null ? "" : options, variables);
    Options.resolveNumbers(given, schema, variables);
    return Request.of(given, schema);
  }

  /** The dialog's answer; null if it was cancelled. */
  private static Request ask(Session session, Schema schema, ImagePlus image) {
    Map<String, String> inputs = new LinkedHashMap<>();
    if (schema.inputs.size() > 1)
      OtherInputs.choose(schema, image, inputs);
    List<ImagePlus> images = OtherInputs.images(schema, image, inputs);
    ImageClient client = new ImageClient(schema, images);
    boolean preview;
    // what is wrong with the image is said before the user fills in a dialog
    try (Run run = new Run(session, schema.id, "", images.size(), client)) {
      preview = images.size() == 1 && run.hasPreview();
    }
    if (schema.params.isEmpty() && inputs.isEmpty())
      return Request.of(Collections.emptyMap(), schema);
    AtomicReference<ImagePlus> closed = new AtomicReference<>();
    ImageEvents.Watcher watcher = any -> {
      if (images.contains(any))
        closed.set(any);
    };
    ImageEvents.watch(watcher);
    Request request;
    try {
      request = new SchemaDialog(session, schema, client, inputs, preview).ask();
    } finally {
      ImageEvents.forget(watcher);
    }
    if (request != null && closed.get() != null)
      throw SheafException.invalid(closed.get().getTitle() + " was closed while the dialog of " + schema.name()
          + " was open; open it and run the command again");
    return request;
  }

  /** Shows progress in ImageJ's status bar; Esc stops. */
  private final class Progress extends Monitor {
    private final String operation;
    private final long start;

    Progress(String operation, long start) {
      this.operation = operation;
      this.start = start;
      IJ.resetEscape();
    }

    @Override
    void progress(double fraction, String text) {
      if (System.currentTimeMillis() - start < QUIET_MS)
        return;
      IJ.showStatus(name + ": " + (text.isEmpty() ? Math.round(100 * fraction) + " %" : text) + " (Esc stops)");
      IJ.showProgress(Math.min(fraction, 0.999)); // 1 would end it
    }

    @Override
    void log(int level, String message) {
      if (level >= Abi.LOG_WARNING || IJ.debugMode)
        IJ.log(name + ": " + Messages.inWordsOfTheMenu(message, operation, name));
    }

    @Override
    boolean stopRequested() {
      return Escape.pressed();
    }
  }
}
