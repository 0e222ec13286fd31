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
// windows that open and close would change which image is the current one
batch = is("Batch Mode");
if (!batch) setBatchMode(true);
selectImage(stack);
chosen = substring(chosen, 1);
if (Stack.isHyperstack) {
	getDimensions(width, height, channels, slices, frames);
	options = "frames=" + chosen;
	if (frames == 1) options = "slices=" + chosen;
	if (channels > 1) options = "channels=1-" + channels + " " + options;
	both = slices > 1 && frames > 1;
	if (both) {
		// the rows of the table are depths of frames: one long time series
		run("Duplicate...", "title=[" + stack + "] duplicate");
		Stack.setDimensions(channels, 1, n);
		series = getImageID();
	}
	run("Make Substack...", options);
	result = getImageID();
	if (both) {
		selectImage(series);
		close();
		selectImage(result);
	}
} else {
	run("Make Substack...", "slices=" + chosen);
}
rename(name + "-representatives");
if (!batch) setBatchMode("exit and display");
