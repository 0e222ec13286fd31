"""pages.py check|update SHEAF PLUGINS: docs/operations/<id>.md ends with the reference that the schema of <id> gives.

check: fails where a page is missing, its reference is not today's, or a link of README.md or docs/ leads nowhere.
update: writes the references.
"""
import json
import os
import re
import subprocess
import sys

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
begin, end = "<!-- reference: made by tests/docs/pages.py update -->\n", "<!-- end of reference -->\n"
mode, sheaf, plugins = sys.argv[1:]
problems = []


def output(*arguments):
    return subprocess.run([sheaf, *arguments, "--no-default-plugins", "--plugins", plugins], check=True, capture_output=True, text=True).stdout


operations = [schema["id"] for schema in json.loads(output("list", "--format", "json"))]
if not operations:
    sys.exit(plugins + " has no operations")

for operation in operations:
    path = os.path.join(root, "docs", "operations", operation + ".md")
    if not os.path.exists(path):
        problems.append(f"docs/operations/{operation}.md is missing")
        continue
    with open(path) as f:
        page = f.read()
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    # headings of the page are of the second level
    reference = output("describe", operation, "--format", "markdown").strip() + "\n"
    today = before.rstrip() + ("\n\n" if begin in page else "\n\n## Reference\n\n") + begin + reference + end + after
    if mode == "update":
        with open(path, "w") as f:
            f.write(today)
    elif page != today:
        problems.append(f"docs/operations/{operation}.md: the reference is not the schema's; tests/docs/pages.py update writes it")

pages = [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(root, "docs")) for name in names if name.endswith(".md")]
for path in [os.path.join(root, "README.md"), *pages]:
    with open(path) as f:
        text = re.sub(r"```.*?```|`[^`]*`", "", f.read(), flags=re.S)
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", link) and not os.path.exists(os.path.join(os.path.dirname(path), link)):
            problems.append(f"{os.path.relpath(path, root)}: the link {link} leads nowhere")

print("\n".join(problems) or f"{len(operations)} operations, {len(pages) + 1} pages")
sys.exit(1 if problems else 0)
