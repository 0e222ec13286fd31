package sheaf;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The page behind the Help button: what the schema says, then the operation's own page of docs/operations if there is
 * one.
 */
final class HelpPage {
  private final StringBuilder html = new StringBuilder("<html><body>");

  private HelpPage() {}

  static String html(Schema schema) {
    HelpPage page = new HelpPage();
    page.reference(schema);
    page.prose(schema.id);
    return page.html.append("</body></html>").toString();
  }

  private void reference(Schema schema) {
    html.append("<h1>").append(escaped(schema.name())).append("</h1>");
    paragraph(schema.summary);
    for (String text : schema.doc.split("\n\\s*\n")) {
      if (!text.trim().isEmpty())
        paragraph(text.trim());
    }
    if (!schema.params.isEmpty())
      parameters(schema);
    if (!schema.outputs.isEmpty() || !schema.tables.isEmpty() || !schema.plotTitles.isEmpty() || schema.rois)
      results(schema);
    if (!schema.references.isEmpty()) {
      html.append("<h2>References</h2>");
      for (String reference : schema.references) paragraph(reference);
    }
  }

  private void paragraph(String text) {
    html.append("<p>").append(escaped(text)).append("</p>");
  }

  private void parameters(Schema schema) {
    html.append("<h2>Parameters</h2><table border=1 cellspacing=0 cellpadding=3>");
    html.append("<tr><th>macro key</th><th>values</th><th>default</th><th></th></tr>");
    for (Schema.Param p : schema.params) {
      html.append("<tr valign=top><td><code>")
          .append(p.key)
          .append("</code></td><td>")
          .append(escaped(values(p)))
          .append("</td><td>");
      html.append(escaped(p.isBoolean()             ? "off"
                          : p.defaultText.isEmpty() ? "none"
                                                    : p.defaultText))
          .append("</td><td>")
          .append(escaped(p.help));
      for (Schema.Choice c : p.choices) {
        if (!c.help.isEmpty())
          html.append("<br><i>").append(escaped(c.key)).append("</i>: ").append(escaped(c.help));
      }
      if (!p.when.isEmpty())
        html.append("<br>Used when ").append(escaped(condition(p))).append('.');
      if (!p.inView.isEmpty())
        html.append("<br>The dialog offers the image in view.");
      if (!p.deprecated.isEmpty())
        html.append("<br><b>Outdated:</b> ").append(escaped(p.deprecated));
      html.append("</td></tr>");
    }
    html.append("</table>");
  }

  private static String values(Schema.Param p) {
    String unit = p.unit.isEmpty() ? "" : " " + p.unit;
    if (!p.choices.isEmpty()) {
      List<String> keys = new ArrayList<>();
      for (Schema.Choice c : p.choices) keys.add(c.key);
      return String.join(", ", keys);
    }
    if (p.isBoolean())
      return "given or not";
    if (p.min != null && p.max != null)
      return Schema.numberText(p.min) + " to " + Schema.numberText(p.max) + unit;
    if (p.min != null)
      return Schema.numberText(p.min) + " or more" + unit;
    if (p.max != null)
      return "at most " + Schema.numberText(p.max) + unit;
    return p.type + unit;
  }

  private static String condition(Schema.Param p) {
    List<String> parts = new ArrayList<>();
    for (Map.Entry<String, List<String>> e : p.when.entrySet())
      parts.add(e.getKey() + " is " + String.join(" or ", e.getValue()));
    return String.join(" and ", parts);
  }

  private void results(Schema schema) {
    html.append("<h2>Results</h2><ul>");
    for (Schema.Output o : schema.outputs)
      html.append("<li>image <i>title</i>")
          .append(escaped(o.suffix))
          .append(o.optional ? ", if asked for" : "")
          .append("</li>");
    for (Schema.Table t : schema.tables) {
      html.append("<li>table \"").append(escaped(t.title.replace("%s", "title"))).append("\"");
      String separator = ": ";
      for (Map.Entry<String, String> c : t.columns.entrySet()) {
        html.append(separator).append("<code>").append(c.getKey()).append("</code>");
        if (!c.getValue().trim().isEmpty())
          html.append(' ').append(escaped(c.getValue()));
        separator = "; ";
      }
      html.append("</li>");
    }
    for (String title : schema.plotTitles.values())
      html.append("<li>plot \"").append(escaped(title.replace("%s", "title"))).append("\"</li>");
    if (schema.rois)
      html.append("<li>regions of interest, to the overlay or the ROI Manager</li>");
    html.append("</ul>");
  }

  /** The little of Markdown that the pages of docs/operations use. */
  private void prose(String id) {
    try (InputStream in = HelpPage.class.getResourceAsStream("/sheaf/operations/" + id + ".md")) {
      if (in == null)
        return;
      html.append("<hr>");
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      String open = ""; // the element that the next line may continue
      for (String line; (line = lines.readLine()) != null;) open = line(line, open);
      close(open);
    } catch (IOException e) {
      paragraph("The page of this operation could not be read: " + e.getMessage());
    }
  }

  private String line(String line, String open) {
    if (line.startsWith("```")) {
      close(open);
      if (open.equals("pre"))
        return "";
      html.append("<pre>");
      return "pre";
    }
    if (open.equals("pre")) {
      html.append(escaped(line)).append('\n');
      return open;
    }
    String text = line.trim();
    if (text.isEmpty()) {
      close(open);
      return "";
    }
    if (text.startsWith("#")) {
      close(open);
      int level = 0;
      while (level < text.length() && text.charAt(level) == '#') level++;
      html.append("<h")
          .append(Math.min(level, 3))
          .append('>')
          .append(inline(text.substring(level).trim()))
          .append("</h")
          .append(Math.min(level, 3))
          .append('>');
      return "";
    }
    if (text.startsWith("|"))
      return tableRow(text, open);
    if (text.startsWith("- ") || text.startsWith("* ")) {
      if (!open.equals("ul")) {
        close(open);
        html.append("<ul>");
      }
      html.append("<li>").append(inline(text.substring(2)));
      return "ul";
    }
    if (open.isEmpty() || open.equals("table")) {
      close(open);
      html.append("<p>");
      open = "p";
    }
    html.append(inline(text)).append('\n');
    return open;
  }

  private String tableRow(String text, String open) {
    if (text.matches("[|:\\- ]+"))
      return open; // the rule below the heading
    if (!open.equals("table")) {
      close(open);
      html.append("<table border=1 cellspacing=0 cellpadding=3>");
    }
    html.append("<tr>");
    for (String cell : text.substring(1, text.endsWith("|") ? text.length() - 1 : text.length()).split("\\|", -1))
      html.append("<td>").append(inline(cell.trim())).append("</td>");
    html.append("</tr>");
    return "table";
  }

  private void close(String element) {
    if (!element.isEmpty())
      html.append("</").append(element).append('>');
  }

  private static String inline(String text) {
    return escaped(text)
        .replaceAll("!\\[([^\\]]*)\\]\\([^)]*\\)", "$1") // pictures are not in the jar
        .replaceAll("\\[([^\\]]*)\\]\\((https?:[^)]*)\\)", "<a href=\"$2\">$1</a>")
        .replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
        .replaceAll("`([^`]*)`", "<code>$1</code>")
        .replaceAll("\\*\\*([^*]+)\\*\\*", "<b>$1</b>")
        .replaceAll("\\*([^*]+)\\*", "<i>$1</i>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
