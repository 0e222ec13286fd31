// Threshold, connected objects and their table, for segment.py: argument RAW|SIDE|REPEATS|RESULT. RAW: an 8-bit image. RESULT gets a
// line for ours and one for ImageJ's: milliseconds for one time, number of objects. Both show their image and their table.
arguments = split(getArgument(), "|");
side = parseInt(arguments[1]);
repeats = parseInt(arguments[2]);
setBatchMode(true);
run("Set Measurements...", "area mean centroid bounding redirect=None decimal=3");
run("Raw...", "open=[" + arguments[0] + "] image=8-bit width=" + side + " height=" + side);
rename("scene");
lines = "";
for (which = 0; which < 2; which++) {
	for (i = -100; i < repeats; i++) { // the first ones let the virtual machine compile what runs often
		if (i == 0) start = getTime();
		selectImage("scene");
		if (which == 0) {
			run("Sheaf Hysteresis...", "method=otsu fraction=1");
			close("scene-labels");
			objects = Table.size("Regions of scene");
		} else {
			setAutoThreshold("Otsu dark");
			run("Analyze Particles...", "show=[Count Masks] display clear");
			close("Count Masks of scene");
			objects = nResults;
		}
	}
	lines = lines + d2s((getTime() - start) / repeats, 3) + " " + objects + "\n";
}
File.saveString(lines, arguments[3]);
run("Quit");
