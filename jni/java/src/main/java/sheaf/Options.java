package sheaf;

import ij.macro.Interpreter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The options of a macro's run(): key=value, key=[any text, brackets may nest], key='text', a bare key for a boolean
 * that is true, key=&amp;variable. Unlike ImageJ's own lookup this reads from left to right, so that neither the end of
 * another key nor anything inside a value can be taken for a key; and it needs no dialog, so that it works without a
 * screen.
 */
final class Options {
  private static final Pattern PLAIN = Pattern.compile("[^\\s\\[\\]'&=][^\\s\\[\\]']*");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  /** The variables of the running macro. */
  interface Variables {
    /** The variable's value as text, or null if there is no such variable. */
    String value(String name);
  }

  private Options() {}

  /** Variables of the macro that runs on this thread, if one does. */
  static Variables macroVariables() {
    Interpreter macro = Interpreter.getInstance();
    return name -> {
      if (macro == null)
        return null;
      String text = macro.getStringVariable(name);
      if (text != null)
        return text;
      if (isArray(macro, name)) {
        throw SheafException.invalid("&" + name + ": an array cannot be passed on; write String.join(" + name + ")");
      }
      double number = macro.getVariable2(name);
      return Double.isNaN(number) ? null : Schema.numberText(number);
    };
  }

  /** ImageJ's getVariable2 gives 0 for an array, as if it were a number; its listing shows "array[3]". */
  private static boolean isArray(Interpreter macro, String name) {
    String[] lines = macro.getVariables();
    for (int i = lines.length - 1; i >= 0; i--) { // the innermost variable of that name
      String line = lines[i];
      String listed = line.substring(0, Math.max(0, line.indexOf('\t')));
      if (listed.equals(name) || listed.equals(name + " (g)"))
        return line.matches("(?s).*\tarray\\[\\d+\\]");
    }
    return false;
  }

  /**
   * As ImageJ's own dialogs do, takes a word where a number belongs for the name of a macro variable, with or without
   * &amp;.
   */
  static void resolveNumbers(Map<String, String> options, Schema schema, Variables variables) {
    for (Map.Entry<String, String> e : options.entrySet()) {
      Schema.Param p = schema.param(e.getKey());
      if (p == null || !p.isNumber() || !NAME.matcher(e.getValue()).matches())
        continue;
      String value = variables.value(e.getValue());
      if (value != null)
        e.setValue(value);
    }
  }

  /**
   * Keys and values in the order of the text. A bare key has the value "".
   *
   * @throws SheafException if a bracket or quote is not closed, a key is there twice, or a variable is unknown
   */
  static Map<String, String> parse(String text, Variables variables) {
    Map<String, String> options = new LinkedHashMap<>();
    int at = 0;
    while (true) {
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) at++;
      if (at >= text.length())
        return options;
      int start = at;
      while (at < text.length() && text.charAt(at) != '=' && !Character.isWhitespace(text.charAt(at))) at++;
      String key = text.substring(start, at);
      if (key.isEmpty())
        throw SheafException.invalid("options: \"" + rest(text, start) + "\" has no key before \"=\"");
      String value = "";
      if (at < text.length() && text.charAt(at) == '=') {
        int end = end(text, ++at, key);
        value = value(text.substring(at, end), key, variables);
        at = end;
      }
      if (options.put(key, value) != null)
        throw SheafException.invalid(key + ": given twice");
    }
  }

  /** Where the value that begins at `start` ends. */
  private static int end(String text, int start, String key) {
    char first = start < text.length() ? text.charAt(start) : ' ';
    int at = start;
    if (first == '\'') {
      at = text.indexOf('\'', start + 1) + 1;
      if (at == 0)
        throw SheafException.invalid(key + ": the quote in \"" + rest(text, start) + "\" is not closed");
    } else if (first == '[') {
      int depth = 0;
      do {
        if (at >= text.length()) {
          throw SheafException.invalid(key + ": the bracket in \"" + rest(text, start) + "\" is not closed");
        }
        char c = text.charAt(at++);
        depth += c == '[' ? 1 : c == ']' ? -1 : 0;
      } while (depth > 0);
    }
    // what follows a closing bracket up to the next blank is lost in ImageJ; here it is an error
    int end = at;
    while (end < text.length() && !Character.isWhitespace(text.charAt(end))) end++;
    if (at > start && end > at) {
      throw SheafException.invalid(key + ": \"" + text.substring(at, end) + "\" follows the end of the value");
    }
    return end;
  }

  private static String value(String raw, String key, Variables variables) {
    boolean wrapped = raw.length() >= 2 && (raw.charAt(0) == '[' || raw.charAt(0) == '\'');
    String text = wrapped ? raw.substring(1, raw.length() - 1) : raw;
    if (!text.startsWith("&") || raw.startsWith("'"))
      return text;
    String name = text.substring(1);
    String value = NAME.matcher(name).matches() ? variables.value(name) : null;
    if (value != null)
      return value;
    if (wrapped)
      return text; // some text that happens to begin with &
    throw SheafException.invalid(key + ": there is no macro variable \"" + name + "\"");
  }

  private static String rest(String text, int start) {
    String rest = text.substring(start).trim();
    return rest.length() > 40 ? rest.substring(0, 37) + "..." : rest;
  }

  /**
   * The text that parses to these options.
   *
   * @param schema says which keys are booleans; may be null
   *
   * @throws SheafException if a value cannot be written in this grammar
   */
  static String write(Map<String, String> options, Schema schema) {
    StringBuilder out = new StringBuilder();
    for (Map.Entry<String, String> e : options.entrySet()) {
      if (out.length() > 0)
        out.append(' ');
      out.append(e.getKey());
      Schema.Param p = schema == null ? null : schema.param(e.getKey());
      if (p != null && p.isBoolean())
        continue; // only true ones are written
      out.append('=').append(quoted(e.getKey(), e.getValue()));
    }
    return out.toString();
  }

  private static String quoted(String key, String value) {
    if (PLAIN.matcher(value).matches())
      return value;
    if (balanced(value))
      return "[" + value + "]";
    if (value.indexOf('\'') < 0)
      return "'" + value + "'";
    throw SheafException.invalid(
        key + ": \"" + value + "\" has both a quote and an unbalanced bracket, which a macro cannot express");
  }

  private static boolean balanced(String value) {
    int depth = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      depth += c == '[' ? 1 : c == ']' ? -1 : 0;
      if (depth < 0)
        return false;
    }
    return depth == 0;
  }
}
