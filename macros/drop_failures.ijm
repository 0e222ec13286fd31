// drop_failures.ijm: aligns the open stack and leaves out the images that could not be aligned; of a hyperstack whole
// frames, or depths where there is one frame. What is kept has the status "ok" or "reference" in the table; the others
// (uncertain, not_converged, no_match ...) are explained on the page of Sheaf Align and named in the Log window.

name = File.getNameWithoutExtension(getTitle());
run("Sheaf Align...", "model=rigid reference=first");

table = "Alignment of " + name;
n = Table.size(table);
left = n;
getDimensions(width, height, channels, slices, frames);
for (i = n - 1; i >= 0; i--) {
	status = Table.getString("status", i, table);
	if (!matches(status, "ok|reference")) {
		if (left == 1) exit(name + ": not one image could be aligned");
		drop(i + 1);
		left--;
		print(name + ": image " + (i + 1) + " of " + n + " left out (" + status + ")");
	}
}

// Without the options ImageJ would ask what to delete of a hyperstack.
function drop(position) {
	if (!Stack.isHyperstack) {
		setSlice(position);
		run("Delete Slice");
	} else if (frames > 1) {
		Stack.setFrame(position);
		run("Delete Slice", "delete=frame");
	} else {
		Stack.setSlice(position);
		run("Delete Slice", "delete=slice");
	}
}
