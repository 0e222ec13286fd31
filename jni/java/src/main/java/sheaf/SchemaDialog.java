package sheaf;

import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.gui.DialogListener;
import ij.gui.GUI;
import ij.gui.GenericDialog;
import ij.gui.ImageWindow;
import ij.gui.MultiLineLabel;
import java.awt.AWTEvent;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Color;
import java.awt.Component;
import java.awt.Dimension;
import java.awt.FlowLayout;
import java.awt.Font;
import java.awt.GridBagLayout;
import java.awt.Label;
import java.awt.Panel;
import java.awt.Rectangle;
import java.awt.Scrollbar;
import java.awt.SystemColor;
import java.awt.TextField;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Vector;
import java.util.function.DoubleUnaryOperator;

/**
 * The dialog that a schema describes. Values are read from the components themselves, not with ImageJ's getNext
 * methods, which would record them under keys made from the labels; and they are checked by the core while the user
 * types.
 */
final class SchemaDialog implements DialogListener {
  private static final int LOG_SLIDER_STEPS = 1000;
  private static final int SLIDER_WIDTH = 140;
  private static final int SLIDER_HEIGHT = 18;
  private static final String NO_COMPLAINT = " \n "; // two lines
  private static final int BUTTONS_HEIGHT = 60;
  private static final int USUAL_WIDTH = 450; // of the dialog
  private static final int LINE = 62; // characters of a message line
  private static final String[] REGIONS = {"none", "overlay", "manager"};

  private final Session session;
  private final Schema schema;
  private ImageClient client;
  private final InView inView;
  private final Map<String, String> inputs;
  private final boolean hasPreview;
  private final Map<String, Choice> inputChoices = new LinkedHashMap<>();
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final Map<String, Checkbox> optionalOutputs = new LinkedHashMap<>();
  private Choice regions;
  private MultiLineLabel complaint;
  private Preview preview;
  private GenericDialog dialog;

  /** One parameter's components. */
  private abstract static class Field {
    private final Component[] parts;

    Field(Component... parts) {
      this.parts = parts;
    }

    abstract String get();

    abstract void set(String value);

    final void enable(boolean on) {
      for (Component part : parts) {
        if (part.isEnabled() == on)
          continue;
        part.setEnabled(on);
        // ImageJ paints fields white on Linux, whether they are enabled or not
        if (part instanceof TextField)
          part.setBackground(on ? Color.white : SystemColor.control);
      }
    }
  }

  /** @param inputs the titles of the images offered first for the inputs but the first one */
  SchemaDialog(Session session, Schema schema, ImageClient client, Map<String, String> inputs, boolean hasPreview) {
    this.session = session;
    this.schema = schema;
    this.client = client;
    inView = client.inputs.isEmpty() ? null : new InView(schema, client.inputs.get(0).image());
    this.inputs = inputs;
    this.hasPreview = hasPreview;
  }

  /** Shows the dialog until it is answered; null if it was cancelled. Remembers the answer for the next time. */
  Request ask() {
    dialog = new GenericDialog(schema.name());
    try {
      build();
      setAll(remembered());
      dialog.addHelp(HelpPage.html(schema));
      if (hasPreview)
        preview = new Preview(session, schema, client, this::previewState);
      dialog.addDialogListener(this);
      dialogItemChanged(dialog, null);
      placeBesideImage();
      dialog.showDialog();
      if (dialog.wasCanceled())
        return null;
      Request request = request();
      remember(request);
      return request;
    } finally {
      if (preview != null)
        preview.close();
    }
  }

  /** ImageJ centres dialogs, over the image that they are about. */
  private void placeBesideImage() {
    ImageWindow window = client.inputs.isEmpty() ? null : client.inputs.get(0).image().getWindow();
    if (window == null)
      return;
    Rectangle image = window.getBounds();
    Rectangle screen = GUI.getMaxWindowBounds(window);
    dialog.pack(); // still without its buttons
    int lowest = screen.y + screen.height - dialog.getHeight() - BUTTONS_HEIGHT;
    int y = Math.max(screen.y, Math.min(image.y, lowest));
    if (image.x + image.width + USUAL_WIDTH <= screen.x + screen.width)
      dialog.setLocation(image.x + image.width + 5, y);
    else if (image.x >= screen.x + USUAL_WIDTH)
      dialog.setLocation(image.x - USUAL_WIDTH, y);
  }

  // ---- building ------------------------------------------------------------------------

  private void build() {
    Font plain = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    dialog.setInsets(0, 10, 6);
    dialog.addMessage(Messages.wrap(schema.summary, LINE), plain);
    inputs.forEach(this::addInput);
    String group = "";
    boolean advanced = false;
    for (Schema.Param p : schema.params) {
      String heading = !p.group.equals(group) ? p.group : "";
      if (p.advanced && !advanced && heading.isEmpty())
        heading = "Advanced";
      if (!heading.isEmpty()) {
        dialog.setInsets(8, 10, 2);
        dialog.addMessage(heading, new Font(Font.SANS_SERIF, Font.BOLD, 12));
      }
      group = p.group;
      advanced = p.advanced;
      fields.put(p.key, add(p));
    }
    if (schema.rois) {
      dialog.addChoice("Regions to:", REGIONS, Request.defaultRegions(schema).name().toLowerCase(Locale.ROOT));
      regions = (Choice) last(dialog.getChoices());
    }
    for (Schema.Output output : schema.outputs) {
      if (!schema.isAskedFor(output))
        continue;
      dialog.addCheckbox("Also make \"" + output.name + "\"", false);
      optionalOutputs.put(output.name, (Checkbox) last(dialog.getCheckboxes()));
    }
    if (hasPreview) {
      dialog.setInsets(10, 20, 0);
      dialog.addPreviewCheckbox(null, " Preview");
    }
    // as wide as a complaint may become: letters are a little narrower than an n on average
    complaint = new MultiLineLabel(NO_COMPLAINT, dialog.getFontMetrics(plain).charWidth('n') * LINE * 9 / 10);
    complaint.setFont(plain);
    complaint.setForeground(Color.red.darker());
    Panel panel = new Panel(new FlowLayout(FlowLayout.LEFT, 0, 0));
    panel.add(complaint);
    dialog.addPanel(panel);
  }

  /** A choice among the open images. */
  private void addInput(String name, String title) {
    List<String> titles = OtherInputs.openTitles();
    for (Schema.Input input : schema.inputs) {
      if (input.name.equals(name) && input.optional) {
        titles.add(0, OtherInputs.NONE);
        titles.addAll(1, OtherInputs.places(name, client.inputs.get(0).image()));
      }
    }
    dialog.addChoice(
        Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('_', ' ') + ":", titles.toArray(new String[0]), title);
    inputChoices.put(name, (Choice) last(dialog.getChoices()));
  }

  /** "Min size (px):", the underscores of which ImageJ would turn into blanks anyway. */
  private static String labelOf(Schema.Param p) {
    String label = p.label.isEmpty() ? p.key : p.label;
    return Character.toUpperCase(label.charAt(0)) + label.substring(1).replace('_', ' ');
  }

  private Field add(Schema.Param p) {
    String label = labelOf(p);
    String labelled = label + (p.unit.isEmpty() ? ":" : " (" + p.unit + "):");
    switch (p.type) {
      case "boolean":
        dialog.addCheckbox(label, false);
        return checkbox((Checkbox) last(dialog.getCheckboxes()));
      case "choice":
        return choice(p, label + ":");
      case "number":
      case "integer":
        return p.uiMin == null || p.uiMax == null ? number(p, labelled)
            : p.logarithmic && p.uiMin > 0        ? logSlider(p, labelled)
                                                  : slider(p, labelled);
      case "file":
        dialog.addFileField(label + ":", "", 25);
        break;
      case "folder":
        dialog.addDirectoryField(label + ":", "", 25);
        break;
      default:
        dialog.addStringField(labelled, "", 18);
    }
    return text((TextField) last(dialog.getStringFields()), dialog.getLabel());
  }

  private static Object last(Vector<?> components) {
    return components.lastElement();
  }

  private static Field text(TextField field, Label name) {
    return new Field(name, field) {
      @Override
      String get() {
        return field.getText().trim();
      }

      @Override
      void set(String value) {
        field.setText(value);
      }
    };
  }

  private static Field checkbox(Checkbox box) {
    return new Field(box) {
      @Override
      String get() {
        return Boolean.toString(box.getState());
      }

      @Override
      void set(String value) {
        box.setState(value.equals("true"));
      }
    };
  }

  private Field choice(Schema.Param p, String label) {
    String[] items = new String[p.choices.size()];
    for (int i = 0; i < items.length; i++) items[i] = p.choices.get(i).label.replace('_', ' ');
    dialog.addChoice(label, items, items[0]);
    Choice choice = (Choice) last(dialog.getChoices());
    return new Field(dialog.getLabel(), choice) {
      @Override
      String get() {
        return p.choices.get(choice.getSelectedIndex()).key;
      }

      @Override
      void set(String value) {
        for (int i = 0; i < items.length; i++) {
          if (p.choices.get(i).key.equals(value))
            choice.select(i);
        }
      }
    };
  }

  private Field number(Schema.Param p, String label) {
    dialog.addNumericField(label, 0, p.digits, 8, "");
    return text((TextField) last(dialog.getNumericFields()), dialog.getLabel());
  }

  private Field slider(Schema.Param p, String label) {
    dialog.addSlider(label, p.uiMin, p.uiMax, p.uiMin, p.step);
    Scrollbar bar = (Scrollbar) last(dialog.getSliders());
    int length = bar.getMaximum() - bar.getVisibleAmount() - bar.getMinimum();
    return withBar((TextField) last(dialog.getNumericFields()), dialog.getLabel(), bar,
        value -> bar.getMinimum() + length * (value - p.uiMin) / (p.uiMax - p.uiMin));
  }

  /** A field that takes its bar along also before it is on the screen, when AWT tells nobody of a new text. */
  private static Field withBar(TextField field, Label name, Scrollbar bar, DoubleUnaryOperator position) {
    return new Field(name, bar, field) {
      @Override
      String get() {
        return field.getText().trim();
      }

      @Override
      void set(String value) {
        field.setText(value);
        follow(bar, value, position);
      }
    };
  }

  private static void follow(Scrollbar bar, String value, DoubleUnaryOperator position) {
    try {
      bar.setValue((int) Math.round(position.applyAsDouble(Double.parseDouble(value))));
    } catch (NumberFormatException ignored) {
      // is complained about elsewhere
    }
  }

  /** ImageJ's sliders are linear: this one moves its field by equal factors. */
  private Field logSlider(Schema.Param p, String label) {
    dialog.addNumericField(label, 0, p.digits, 8, "");
    TextField field = (TextField) last(dialog.getNumericFields());
    Label name = dialog.getLabel();
    Scrollbar bar = new Scrollbar(Scrollbar.HORIZONTAL, 0, 1, 0, LOG_SLIDER_STEPS + 1);
    double range = Math.log(p.uiMax / p.uiMin);
    boolean[] busy = {false}; // one of both is following the other
    bar.addAdjustmentListener(e -> {
      double value = p.uiMin * Math.exp(range * bar.getValue() / LOG_SLIDER_STEPS);
      double unit = Math.pow(10, Math.floor(Math.log10(value)) - 2); // three digits that count
      busy[0] = true;
      field.setText(p.type.equals("integer")
              ? Long.toString(Math.round(value))
              : Schema.numberText(Double.parseDouble(IJ.d2s(Math.round(value / unit) * unit, 6))));
      busy[0] = false;
    });
    DoubleUnaryOperator position = value -> Math.log(value / p.uiMin) / range * LOG_SLIDER_STEPS;
    field.addTextListener(e -> {
      if (!busy[0])
        follow(bar, field.getText(), position);
    });
    bar.addKeyListener(dialog);
    bar.setPreferredSize(new Dimension(SLIDER_WIDTH, SLIDER_HEIGHT));
    // bar and field together where the field was, as in ImageJ's own sliders
    GridBagLayout layout = (GridBagLayout) dialog.getLayout();
    Panel panel = new Panel(new FlowLayout(FlowLayout.LEFT, 0, 0));
    layout.setConstraints(panel, layout.getConstraints(field));
    panel.add(bar);
    panel.add(field);
    dialog.add(panel);
    return withBar(field, name, bar, position);
  }

  // ---- values ----------------------------------------------------------------------------

  private String prefsKey(String key) {
    return "sheaf." + schema.id + "." + key;
  }

  /** The values of the last time, or the defaults if they no longer fit together. Positions were those of other images. */
  private Map<String, String> remembered() {
    Map<String, String> values = schema.defaults();
    for (Schema.Param p : schema.params) {
      if (p.inView.isEmpty())
        values.put(p.key, Prefs.get(prefsKey(p.key), p.defaultText));
    }
    return problem(Request.of(schema.essential(values), schema)) == null ? values : schema.defaults();
  }

  private void remember(Request request) {
    for (Map.Entry<String, Field> e : fields.entrySet()) Prefs.set(prefsKey(e.getKey()), e.getValue().get());
    if (regions != null)
      Prefs.set(prefsKey("regions"), regions.getSelectedItem());
  }

  private void setAll(Map<String, String> values) {
    fields.forEach((key, field) -> field.set(values.get(key)));
    if (regions != null)
      regions.select(Prefs.get(prefsKey("regions"), Request.defaultRegions(schema).name().toLowerCase(Locale.ROOT)));
  }

  private Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    fields.forEach((key, field) -> values.put(key, field.get()));
    return values;
  }

  private Request request() {
    Map<String, String> options = new LinkedHashMap<>(inputs);
    options.putAll(schema.essential(values()));
    if (regions != null)
      options.put("regions", regions.getSelectedItem());
    List<String> wanted = new ArrayList<>();
    optionalOutputs.forEach((name, box) -> {
      if (box.getState())
        wanted.add(name);
    });
    if (!wanted.isEmpty())
      options.put("output", String.join(",", wanted));
    return Request.of(options, schema);
  }

  /** What the core has against these parameters, or null. */
  private String problem(Request request) {
    try {
      List<ImagePlus> images = new ArrayList<>();
      for (ImageInput input : client.inputs) images.add(input.image());
      if (!inputs.isEmpty()) {
        List<ImagePlus> chosen = OtherInputs.images(schema, images.get(0), inputs);
        if (!chosen.equals(images))
          client = new ImageClient(schema, chosen);
      }
      new Run(session, schema.id, Json.write(request.params), client.inputs.size(), client).close();
      return null;
    } catch (SheafException e) {
      return e.getMessage();
    }
  }

  @Override
  public boolean dialogItemChanged(GenericDialog gd, AWTEvent e) {
    Map<String, String> values = values();
    for (Schema.Input input : schema.inputs) {
      Choice choice = inputChoices.get(input.name);
      if (choice == null)
        continue;
      choice.setEnabled(schema.hold(input.when, values));
      inputs.put(input.name, choice.isEnabled() ? choice.getSelectedItem() : OtherInputs.NONE);
    }
    if (inView != null) {
      inView.changed(inputs, values).forEach((key, position) -> {
        fields.get(key).set(position);
        values.put(key, position);
      });
    }
    fields.forEach((key, field) -> field.enable(schema.inUse(schema.param(key), values)));
    Request request = request();
    String problem = problem(request);
    complain(problem);
    if (preview != null) {
      if (problem == null && gd.isPreviewActive())
        preview.show(request.params);
      else
        preview.hide();
    }
    return problem == null;
  }

  private void complain(String problem) {
    complaint.setText(problem == null ? NO_COMPLAINT : Messages.wrap(problem, LINE));
    // the room is for two lines
    if (dialog.isShowing() && complaint.getPreferredSize().height > complaint.getHeight())
      dialog.pack();
  }

  /** Told by the preview: whether it is computing, and what went wrong if anything did. */
  private void previewState(boolean running, String problem) {
    dialog.previewRunning(running);
    if (problem != null)
      complain(problem);
  }
}
