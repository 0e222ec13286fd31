// representatives.ijm: groups the images of the open stack and makes a stack of one image from each group, the one that
// stands for it best. Of a hyperstack the images of channel 1 are compared, and all channels of the chosen ones are kept.
// Argument: the options of Sheaf Cluster, such as "k=5"; without any, the number of groups is chosen.

options = getArgument();
if (options == "") options = " ";
stack = getTitle();
name = File.getNameWithoutExtension(stack);
run("Sheaf Cluster...", options);

table = "Clusters of " + name;
n = Table.size(table);
chosen = "";
for (i = 0; i < n; i++) {
	if (Table.get("representative", i, table) > 0) chosen += "," + (i + 1);
}
selectImage(stack);
if (Stack.isHyperstack) {
	getDimensions(width, height, channels, slices, frames);
	mode = "grayscale";
	if (channels > 1) Stack.getDisplayMode(mode);
	run("Duplicate...", "title=[" + name + "-representatives] duplicate");
	// rows of the table are depths of frames; their channels follow one another
	run("Hyperstack to Stack");
	kept = n;
	for (i = n; i >= 1; i--) {
		if (indexOf(chosen + ",", "," + i + ",") < 0) {
			for (c = channels; c >= 1; c--) {
				setSlice((i - 1) * channels + c);
				run("Delete Slice");
			}
			kept--;
		}
	}
	dimensions = " slices=1 frames=" + kept;
	if (frames == 1) dimensions = " slices=" + kept + " frames=1";
	if (nSlices > 1) run("Stack to Hyperstack...", "order=xyczt(default) channels=" + channels + dimensions + " display=" + mode);
} else {
	run("Make Substack...", "slices=" + substring(chosen, 1));
	rename(name + "-representatives");
}
