"""demo_page.py FOLDER STACK: FOLDER/index.html, which shows what macros/demo.ijm left in FOLDER, and judges it.

Prints one line for each judgement. Exit status 1 if a result that the demo promises is missing.
"""
import csv
import html
import math
import os
import sys


def table(folder, name):
    path = os.path.join(folder, name + ".csv")
    if not os.path.exists(path):
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return math.nan


def adjusted_rand_index(a, b):
    """Hubert and Arabie 1985: 1 = the same partition, 0 = what chance gives."""
    pairs = lambda n: n * (n - 1) / 2
    count = lambda labels: [sum(1 for x in labels if x == label) for label in set(labels)]
    together = sum(pairs(n) for n in count(list(zip(a, b))))
    rows, columns, all_pairs = sum(map(pairs, count(a))), sum(map(pairs, count(b))), pairs(len(a))
    expected = rows * columns / all_pairs
    top = (rows + columns) / 2
    return 1.0 if top == expected else (together - expected) / (top - expected)


def html_table(rows, columns):
    present = [c for c in columns if rows and c in rows[0]]

    def cell(text):
        value = number(text)
        return html.escape(text if math.isnan(value) else f"{value:.4g}")

    head = "".join(f"<th>{html.escape(c)}</th>" for c in present)
    body = "".join("<tr>" + "".join(f"<td>{cell(r[c])}</td>" for c in present) + "</tr>" for r in rows[:25])
    more = f"<p>... and {len(rows) - 25} more rows in the CSV file.</p>" if len(rows) > 25 else ""
    return f"<table><tr>{head}</tr>{body}</table>{more}"


def main():
    folder, stack = sys.argv[1:]
    exists = lambda name: os.path.exists(os.path.join(folder, name))
    promised = ["equalized.tif", "aligned.tif", "labels.tif", "equalization.csv", "alignment.csv", "threshold.csv", "collection.csv",
                "collection-dendrogram.png", "collection-scatter.png", "before.gif", "after.gif", "labels.gif", "screenshot.png"]
    missing = [name for name in promised if not exists(name)]

    judgements = []
    equalization, alignment = table(folder, "equalization"), table(folder, "alignment")
    spread = lambda column: [number(r[column]) for r in equalization]
    if equalization:
        low_high = lambda values: f"{min(values):.4g} to {max(values):.4g}"
        judgements.append("Equalize: brightness of the images " + low_high(spread("brightness_before")) + " before, "
                          + low_high(spread("brightness_after")) + " after.")
    moved = [r for r in alignment if r["status"] != "reference"]
    if moved:
        mean = lambda column: sum(number(r[column]) for r in moved) / len(moved)
        farthest = max(math.hypot(number(r["shift_x"]), number(r["shift_y"])) for r in moved)
        judgements.append(f"Align: correlation with the neighbour {mean('score_before'):.4f} before, {mean('score_after'):.4f} after; "
                          f"largest shift {farthest:.1f} pixels; {sum(r['status'] == 'ok' for r in moved)} of {len(moved)} images aligned.")
    collection = table(folder, "collection")
    if collection:
        truth = [r["Label"].split("(")[0].strip() for r in collection]
        index = adjusted_rand_index(truth, [r["cluster"] for r in collection])
        judgements.append(f"Cluster: {len(collection)} handwritten digits in {len(set(r['cluster'] for r in collection))} clusters; "
                          f"adjusted Rand index against the true digits {index:.2f} (1 = perfect, 0 = chance). "
                          "docs/operations/cluster.images.md has other numbers: those are of all 1797 digits.")

    figure = lambda name, caption: (f'<figure><img src="{name}" alt="{html.escape(caption)}"><figcaption>{html.escape(caption)}'
                                    "</figcaption></figure>") if exists(name) else ""
    row = lambda *figures: f'<div class="row">{"".join(figures)}</div>'
    page = f"""<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Sheaf at work</title>
<style>body {{ font-family: sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em }} .row {{ display: flex; flex-wrap: wrap; gap: 1em }}
figure {{ margin: 0 }} img {{ max-width: 100% }} td, th {{ padding: .1em .6em; text-align: right }} th {{ border-bottom: 1px solid }}</style>
<h1>Sheaf at work on {html.escape(os.path.basename(stack))}</h1>
<ul>{"".join(f"<li>{html.escape(j)}</li>" for j in judgements)}</ul>
<h2>Before and after alignment, and the segmentation</h2>
{row(figure("before.gif", "before"), figure("after.gif", "aligned, cropped to the common area"), figure("labels.gif", "threshold, labels"))}
<h2>ImageJ with the results open</h2>{figure("screenshot.png", "ImageJ")}
<h2>Tables</h2>
<h3>Alignment</h3>{html_table(alignment, ["Label", "shift_x", "shift_y", "angle", "score_before", "score_after", "status"])}
<h3>Equalization</h3>{html_table(equalization, ["Label", "brightness_before", "brightness_after", "contrast_before", "contrast_after", "sharpness_before", "sharpness_after", "status"])}
<h3>Threshold</h3>{html_table(table(folder, "threshold"), ["Label", "threshold", "area", "fraction", "objects"])}
<h2>Clusters of the stack</h2>
{row(figure("stack-dendrogram.png", "dendrogram"), figure("stack-scatter.png", "principal components"), figure("stack-score.png", "silhouette against k"))}
<h2>Clusters of a labelled collection: handwritten digits</h2>
{row(figure("collection-dendrogram.png", "dendrogram"), figure("collection-scatter.png", "principal components, coloured by cluster"))}
<p>All images, tables and plots are files in this folder.</p></html>
"""
    with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as out:
        out.write(page)
    print("\n".join(judgements))
    if missing:
        sys.exit("demo_page: missing: " + ", ".join(missing))


main()
