// drop_failures.ijm: aligns the open stack and leaves out the images that could not be aligned, or match their reference
// less well than a limit. Argument: the lowest score that is kept, from -1 to 1 (0.5 without an argument).

limit = 0.5;
if (getArgument() != "") limit = parseFloat(getArgument());
name = File.getNameWithoutExtension(getTitle());
run("Sheaf Align...", "model=rigid reference=first");

table = "Alignment of " + name;
for (i = Table.size(table) - 1; i >= 0; i--) {
	status = Table.getString("status", i, table);
	aligned = matches(status, "ok|reference");
	if ((!aligned || Table.get("score_after", i, table) < limit) && nSlices > 1) {
		setSlice(i + 1);
		run("Delete Slice");
		print(name + ": image " + (i + 1) + " left out (" + status + ")");
	}
}
