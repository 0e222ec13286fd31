package sheaf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON in and out: objects are LinkedHashMap, arrays List, numbers Double, null null. */
final class Json {
  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** @throws IllegalArgumentException if the text is not JSON */
  static Object parse(String text) {
    Json json = new Json(text);
    Object value = json.value(0);
    json.blanks();
    if (json.at < text.length())
      throw json.wrong("the end");
    return value;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> object(String text) {
    Object value = parse(text);
    if (!(value instanceof Map))
      throw new IllegalArgumentException("JSON: needs an object");
    return (Map<String, Object>) value;
  }

  /** Writes an object of texts. */
  static String write(Map<String, String> texts) {
    StringBuilder out = new StringBuilder("{");
    for (Map.Entry<String, String> e : texts.entrySet()) {
      if (out.length() > 1)
        out.append(',');
      quote(e.getKey(), out);
      out.append(':');
      quote(e.getValue(), out);
    }
    return out.append('}').toString();
  }

  private static void quote(String s, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '"' || c == '\\')
        out.append('\\').append(c);
      else if (c < 0x20)
        out.append(String.format("\\u%04x", (int) c));
      else
        out.append(c);
    }
    out.append('"');
  }

  private Object value(int depth) {
    if (depth > 200)
      throw new IllegalArgumentException("JSON: nested too deeply");
    blanks();
    if (at >= text.length())
      throw wrong("a value");
    char c = text.charAt(at);
    if (c == '{')
      return members(depth);
    if (c == '[')
      return items(depth);
    if (c == '"')
      return string();
    if (take("true"))
      return Boolean.TRUE;
    if (take("false"))
      return Boolean.FALSE;
    if (take("null"))
      return null;
    return number();
  }

  private Map<String, Object> members(int depth) {
    Map<String, Object> map = new LinkedHashMap<>();
    at++;
    blanks();
    if (take("}"))
      return map;
    do {
      blanks();
      String key = string();
      blanks();
      if (!take(":"))
        throw wrong("\":\"");
      map.put(key, value(depth + 1));
      blanks();
    } while (take(","));
    if (!take("}"))
      throw wrong("\"}\"");
    return map;
  }

  private List<Object> items(int depth) {
    List<Object> list = new ArrayList<>();
    at++;
    blanks();
    if (take("]"))
      return list;
    do {
      list.add(value(depth + 1));
      blanks();
    } while (take(","));
    if (!take("]"))
      throw wrong("\"]\"");
    return list;
  }

  private String string() {
    if (!take("\""))
      throw wrong("a text");
    StringBuilder out = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"')
        return out.toString();
      if (c != '\\') {
        out.append(c);
        continue;
      }
      if (at >= text.length())
        break;
      c = text.charAt(at++);
      int plain = "bfnrt".indexOf(c);
      if (c == 'u' && at + 4 <= text.length()) {
        out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
        at += 4;
      } else {
        out.append(plain >= 0 ? "\b\f\n\r\t".charAt(plain) : c);
      }
    }
    throw wrong("the end of a text");
  }

  private Double number() {
    int start = at;
    while (at < text.length() && "+-0123456789.eE".indexOf(text.charAt(at)) >= 0) at++;
    try {
      return Double.valueOf(text.substring(start, at));
    } catch (NumberFormatException e) {
      at = start;
      throw wrong("a value");
    }
  }

  private boolean take(String word) {
    if (!text.startsWith(word, at))
      return false;
    at += word.length();
    return true;
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private IllegalArgumentException wrong(String needed) {
    return new IllegalArgumentException("JSON: needs " + needed + " at position " + at);
  }
}
