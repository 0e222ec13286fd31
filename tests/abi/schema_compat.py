"""Whether today's operations still accept what they accepted: against schemas/<id>.json, what was shipped.
schema_compat.py check SHEAF PLUGIN-FOLDER     fails on every break, unless the operation's revision rose
schema_compat.py freeze SHEAF PLUGIN-FOLDER    writes the schemas of today; refuses to hide a break
schema_compat.py selftest                      shows that each kind of break is found

A break: an operation, parameter, choice, output, table, column or plot less; another type, unit or default; a narrower
range or count; a condition more; an input more, with fewer pixel types or more images needed.
"""
import copy
import json
import os
import subprocess
import sys

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemas")


def essence(schema):
    """What a macro, a command line or a script may rely on; no words."""
    def pick(object, *keys):
        return {k: object[k] for k in keys if k in object}

    def param(p):
        kept = pick(p, "key", "type", "default", "min", "max", "count", "when")
        if "choices" in p:
            kept["choices"] = [c["key"] for c in p["choices"]]
        return kept

    return {"id": schema["id"], "revision": schema["revision"], "memory": schema["memory"],
            "inputs": [pick(i, "name", "pixel", "min_images") for i in schema["inputs"]],
            "outputs": [pick(o, "name", "like", "pixel", "images", "optional", "suffix") for o in schema["outputs"]],
            "tables": [{"name": t["name"], "title": t["title"],
                        "columns": [pick(c, "name", "type", "unit") for c in t["columns"]]} for t in schema["tables"]],
            "plots": [p["name"] for p in schema["plots"]], "rois": schema["rois"],
            "params": [param(p) for p in schema["params"]]}


def values(wanted):
    return wanted if isinstance(wanted, list) else [wanted]


def param_breaks(old, new):
    for name in ("type", "default"):
        if old[name] != new[name]:
            yield "its %s was %s, is %s" % (name, json.dumps(old[name]), json.dumps(new[name]))
    for choice in old.get("choices", []):
        if choice not in new.get("choices", []):
            yield "the choice %s is gone" % choice
    for name, tighter in (("min", lambda a, b: b > a), ("max", lambda a, b: b < a)):
        if name in new and (name not in old or tighter(old[name], new[name])):
            yield "its %s was %s, is %s" % (name, old.get(name, "open"), new[name])
    if "count" in new and ("count" not in old or new["count"][0] > old["count"][0] or
                           new["count"][1] < old["count"][1]):
        yield "its count was %s, is %s" % (old.get("count", "open"), new["count"])
    for key, wanted in new["when"].items():
        if key not in old["when"] or not set(map(str, values(old["when"][key]))) <= set(map(str, values(wanted))):
            yield "it is used only when %s is %s" % (key, json.dumps(wanted))


def breaks(old, new):
    """What was possible with the old schema and is not with the new one."""
    if len(new["inputs"]) != len(old["inputs"]):
        yield "it took %d inputs, takes %d" % (len(old["inputs"]), len(new["inputs"]))
    for a, b in zip(old["inputs"], new["inputs"]):
        for pixel in a["pixel"]:
            if pixel not in b["pixel"]:
                yield "input %s: %s images are refused" % (a["name"], pixel)
        if b["min_images"] > a["min_images"]:
            yield "input %s: it needed %d images, needs %d" % (a["name"], a["min_images"], b["min_images"])
    if new["memory"] == "all" and old["memory"] != "all":
        yield "it needs all images at once"
    if old["rois"] and not new["rois"]:
        yield "it makes no regions of interest"
    for plot in old["plots"]:
        if plot not in new["plots"]:
            yield "the plot %s is gone" % plot
    outputs = {o["name"]: o for o in new["outputs"]}
    for a in old["outputs"]:
        b = outputs.get(a["name"])
        if b is None:
            yield "the output %s is gone" % a["name"]
            continue
        for name in a:
            if a[name] != b[name]:
                yield "output %s: its %s was %s, is %s" % (a["name"], name, json.dumps(a[name]), json.dumps(b[name]))
    if old["outputs"] and new["outputs"] and old["outputs"][0]["name"] != new["outputs"][0]["name"]:
        yield "another output comes first"
    tables = {t["name"]: t for t in new["tables"]}
    for a in old["tables"]:
        b = tables.get(a["name"])
        if b is None:
            yield "the table %s is gone" % a["name"]
            continue
        if a["title"] != b["title"]:
            yield "table %s: its title was %s, is %s" % (a["name"], a["title"], b["title"])
        columns = {c["name"]: c for c in b["columns"]}
        for column in a["columns"]:
            if column["name"] not in columns:
                yield "table %s: the column %s is gone" % (a["name"], column["name"])
            elif column != columns[column["name"]]:
                yield "table %s: the column %s has another type or unit" % (a["name"], column["name"])
    params = {p["key"]: p for p in new["params"]}
    for a in old["params"]:
        if a["key"] not in params:
            yield "the parameter %s is gone" % a["key"]
        else:
            for text in param_breaks(a, params[a["key"]]):
                yield "parameter %s: %s" % (a["key"], text)


def verdict(old, new):
    """The breaks that count: those that no new revision announces."""
    if new["revision"] < old["revision"]:
        return ["its revision was %d, is %d" % (old["revision"], new["revision"])]
    return [] if new["revision"] > old["revision"] else list(breaks(old, new))


def today(sheaf, plugins):
    done = subprocess.run([sheaf, "list", "--format", "json", "--no-default-plugins", "--plugins", plugins],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    found = {s["id"]: essence(s) for s in json.loads(done.stdout)}
    if not found:
        sys.exit(plugins + " has no operations")
    return found


def shipped():
    found = {}
    for name in sorted(os.listdir(here)):
        if name.endswith(".json"):
            with open(os.path.join(here, name)) as f:
                found[name[:-5]] = json.load(f)
    return found


def compare(now, then):
    """Prints what is wrong; True if something is."""
    failed = False
    for id in sorted(set(now) | set(then)):
        if id not in now:
            problems = ["the operation is gone"]
        elif id not in then:
            problems = ["schemas/%s.json is missing: schema_compat.py freeze writes it" % id]
        else:
            problems = verdict(then[id], now[id])
        print("%-6s %s" % ("FAILED" if problems else "ok", id))
        for p in problems:
            print("  " + p)
            failed = True
    return failed


def freeze(now, then):
    if compare({id: s for id, s in now.items() if id in then}, then):
        sys.exit("raise the revision of the operation, or undo the break")
    for id, schema in now.items():
        with open(os.path.join(here, id + ".json"), "w") as f:
            json.dump(schema, f, indent=1, ensure_ascii=False)
            f.write("\n")


SAMPLE = {
    "id": "tests.sample", "revision": 3, "memory": "one",
    "inputs": [{"name": "images", "pixel": ["u8", "u16"], "min_images": 2}],
    "outputs": [{"name": "out", "like": 0, "pixel": "", "images": "like", "optional": False, "suffix": "-out"},
                {"name": "mask", "like": 0, "pixel": "u8", "images": "like", "optional": True, "suffix": "-mask"}],
    "tables": [{"name": "t", "title": "T of %s", "columns": [{"name": "Label", "type": "text", "unit": ""},
                                                             {"name": "area", "type": "number", "unit": "px"}]}],
    "plots": ["p"], "rois": True,
    "params": [{"key": "size", "type": "number", "default": 2.0, "min": 1.0, "max": 9.0, "when": {}},
               {"key": "mode", "type": "choice", "default": "a", "choices": ["a", "b", "c"], "when": {}},
               {"key": "levels", "type": "numbers", "default": [], "count": [1, 5], "when": {"mode": ["a", "b"]}},
               {"key": "open", "type": "integer", "default": 0, "when": {}}]}


def changed(path, value):
    """A change: what is at `path` becomes `value`; None removes it."""
    def change(schema):
        *way, last = path
        for step in way:
            schema = schema[step]
        if value is None:
            del schema[last]
        else:
            schema[last] = value
    return change


def added(path, value):
    def change(schema):
        for step in path:
            schema = schema[step]
        schema.append(value)
    return change


BREAKING = [
    changed(["params", 0], None), changed(["params", 0, "key"], "radius"), changed(["params", 0, "type"], "integer"),
    changed(["params", 0, "default"], 3.0), changed(["params", 0, "min"], 1.5), changed(["params", 0, "max"], 8.0),
    changed(["params", 3, "min"], 0), changed(["params", 3, "max"], 1000), changed(["params", 1, "choices", 2], None),
    changed(["params", 1, "choices", 1], "bee"), changed(["params", 1, "default"], "b"),
    changed(["params", 2, "count"], [2, 5]), changed(["params", 2, "count"], [1, 4]),
    changed(["params", 0, "count"], [1, 2]), changed(["params", 2, "when"], {"mode": ["a"]}),
    changed(["params", 2, "when"], {"mode": ["a", "b"], "open": 1}), changed(["params", 0, "when"], {"mode": "a"}),
    added(["inputs"], {"name": "reference", "pixel": ["u8"], "min_images": 1}), changed(["inputs", 0, "pixel"], ["u8"]),
    changed(["inputs", 0, "min_images"], 3), changed(["memory"], "all"), changed(["rois"], False),
    changed(["plots", 0], None), changed(["outputs", 1], None), changed(["outputs", 0, "name"], "result"),
    changed(["outputs", 0, "pixel"], "f32"), changed(["outputs", 0, "images"], "any"),
    changed(["outputs", 0, "suffix"], "-result"), changed(["outputs", 0, "optional"], True),
    lambda s: s["outputs"].reverse(), changed(["tables", 0], None), changed(["tables", 0, "title"], "Tables of %s"),
    changed(["tables", 0, "columns", 1], None), changed(["tables", 0, "columns", 1, "name"], "Area"),
    changed(["tables", 0, "columns", 1, "type"], "text"), changed(["tables", 0, "columns", 1, "unit"], "mm"),
]
HARMLESS = [
    changed(["params", 0, "min"], 0.5), changed(["params", 0, "max"], None), added(["params", 1, "choices"], "d"),
    changed(["params", 2, "count"], [0, 9]), changed(["params", 2, "when"], {}),
    changed(["params", 2, "when"], {"mode": ["a", "b", "c"]}), lambda s: s["params"].reverse(),
    added(["params"], {"key": "extra", "type": "boolean", "default": False, "when": {}}),
    added(["inputs", 0, "pixel"], "rgb"), changed(["inputs", 0, "min_images"], 1), added(["plots"], "q"),
    added(["outputs"], {"name": "more", "like": 0, "pixel": "", "images": "like", "optional": True, "suffix": "-m"}),
    added(["tables", 0, "columns"], {"name": "perimeter", "type": "number", "unit": "px"}),
]


def selftest():
    failed = 0

    def expect(holds, what):
        nonlocal failed
        if not holds:
            failed += 1
            print("FAILED " + what)

    for kind, changes in (("breaking", BREAKING), ("harmless", HARMLESS)):
        for i, change in enumerate(changes):
            new = copy.deepcopy(SAMPLE)
            change(new)
            expect(bool(verdict(SAMPLE, new)) == (kind == "breaking"), "%s change %d" % (kind, i + 1))
            new["revision"] += 1
            expect(not verdict(SAMPLE, new), "%s change %d with a new revision" % (kind, i + 1))
            new["revision"] -= 2
            expect(verdict(SAMPLE, new), "an older revision")
    expect(not verdict(SAMPLE, copy.deepcopy(SAMPLE)), "no change")
    raised = copy.deepcopy(SAMPLE)
    raised["revision"] += 1
    print("what is printed for an operation that is gone, and for one without a schema:")
    expect(compare({}, {"tests.sample": raised}), "an operation that is gone, whatever the revision")
    expect(compare({"tests.sample": SAMPLE}, {}), "an operation that nobody froze")
    print("%d breaking and %d harmless changes: %d judged wrongly" % (len(BREAKING), len(HARMLESS), failed))
    return failed


mode = sys.argv[1]
if mode == "selftest":
    sys.exit(1 if selftest() else 0)
if mode == "freeze":
    sys.exit(freeze(today(*sys.argv[2:4]), shipped()))
sys.exit(1 if compare(today(*sys.argv[2:4]), shipped()) else 0)
