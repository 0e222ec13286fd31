// The macros that are shipped do what they say.
folder = getArgument();
examples = getDirectory("macros") + "Sheaf" + File.separator;
File.makeDirectory(folder + "in");
File.makeDirectory(folder + "out");
for (k = 1; k <= 2; k++) {
	drifting("drift" + k + ".tif");
	saveAs("Tiff", folder + "in/drift" + k + ".tif");
	close();
}

// two channels and three depths in four frames
drifting("four.tif");
hyperstack("hyper, 1.tif", 2, 3, 4);
saveAs("Tiff", folder + "in/hyper, 1.tif");
close("*");
newImage("point.tif", "8-bit black", 1, 1, 1);
saveAs("Tiff", folder + "in/point.tif");
close();
File.saveString("no image", folder + "in/a text.tif");

runMacro(examples + "align_folder.ijm", folder + "in\n" + folder + "out");
setBatchMode(false);
text = File.openAsString(folder + "out/scores.csv");
print(text);
rows = split(text, "\n");
same(6, rows.length, "rows of the table");
expected = newArray("Stack,images,worst_score,status", "a text.tif,,,no TIFF file", "drift1.tif,4,0\\.[0-9]+,ok", "drift2.tif,4,0\\.[0-9]+,ok", "\"hyper, 1.tif\",4,0\\.[0-9]+,ok", "point.tif,1,,degenerate");
for (i = 0; i < 6; i++) {
	ok = matches(rows[i], expected[i] + ".*");
	check(ok, "row " + i + " is " + rows[i]);
}
open(folder + "out/drift2-aligned.tif");
same(4, nSlices, "the aligned stack");
close("*");

drifting("drift.tif");
run("Add Slice");
run("Add Slice");
runMacro(examples + "drop_failures.ijm");
same("drift-aligned", getTitle(), "the title");
same(4, nSlices, "images left");
close("*");

// a frame, and a depth, without anything in it
for (k = 0; k < 2; k++) {
	drifting("four.tif");
	setSlice(3);
	run("Select All");
	run("Clear", "slice");
	run("Select None");
	if (k == 0) hyperstack("hyper.tif", 2, 3, 4);
	else hyperstack("hyper.tif", 2, 4, 1);
	runMacro(examples + "drop_failures.ijm");
	same("hyper-aligned", getTitle(), "the title");
	getDimensions(width, height, channels, slices, frames);
	expected = newArray("2 3 3", "2 3 1");
	same(expected[k], "" + channels + " " + slices + " " + frames, "dimensions without the failure");
	close("*");
}

kinds(6);
runMacro(examples + "representatives.ijm", "k=2");
same("kinds-representatives", getTitle(), "the title");
same(2, nSlices, "representatives");
close("*");

// the same as channel 1 of three depths in two frames, and of six depths
for (k = 0; k < 2; k++) {
	kinds(12);
	run("Stack to Hyperstack...", "order=xyczt(default) channels=2 slices=" + 3 * (k + 1) + " frames=" + 2 - k + " display=Composite");
	runMacro(examples + "representatives.ijm", "k=2");
	same("kinds-representatives", getTitle(), "the title");
	getDimensions(width, height, channels, slices, frames);
	expected = newArray("2 1 2", "2 2 1");
	same(expected[k], "" + channels + " " + slices + " " + frames, "dimensions of the representatives");
	close("*");
}
// 54 nuclei in each of eight frames, some of which drift out; every run draws the same
runMacro(examples + "practice_stack.ijm");
rename("first");
runMacro(examples + "practice_stack.ijm");
samePixels("first", "drifting nuclei");
close("first");
print("\\Clear");
runMacro(examples + "count_nuclei.ijm");
text = getInfo("log");
has(text, "nuclei in 8 images", "the log");
count = parseInt(substring(text, indexOf(text, ": ") + 2, indexOf(text, " nuclei in")));
ok = count >= 8 * 52 && count <= 8 * 55;
check(ok, "found " + count + " nuclei");
same(count, Table.size("Regions of drifting nuclei-corrected"), "rows of the table of regions");
same("drifting nuclei-corrected-labels", getTitle(), "the image of labels");
close("*");

// a blank image, and of two channels the frame that has it
for (k = 0; k < 2; k++) {
	testStack("quality.tif", "8-bit", 8);
	setSlice(5);
	run("Select All");
	setColor(0);
	fill();
	run("Select None");
	if (k == 1) run("Stack to Hyperstack...", "order=xyczt(default) channels=2 slices=1 frames=4 display=Composite");
	runMacro(examples + "quality_report.ijm", "threshold=1000 keep");
	same("quality-good", getTitle(), "the title");
	getDimensions(width, height, channels, slices, frames);
	expected = newArray("7", "2 3");
	if (k == 0) same(expected[0], nSlices, "images without the blank one");
	else same(expected[1], "" + channels + " " + frames, "channels and frames without the blank one");
	has(getInfo("log"), "quality: 1 of 8 images stand out", "the log");
	close("*");
}

return "ok";

// Images of two kinds: the first two of each four are of one, the others of the other.
function kinds(n) {
	newImage("kinds.tif", "8-bit black", 64, 64, n);
	for (i = 1; i <= n; i++) {
		setSlice(i);
		if ((i - 1) % 4 < 2) run("Macro...", "code=v=x*4 slice");
		else run("Macro...", "code=v=255-y*4 slice");
		run("Add Specified Noise...", "slice standard=" + i);
	}
}

// The current stack, each image of it in all channels and, if there are frames, at all depths of its frame.
function hyperstack(title, channels, slices, frames) {
	single = getTitle();
	n = nSlices;
	getDimensions(width, height, c, z, t);
	newImage(title, "16-bit black", width, height, channels * slices * frames);
	for (i = 1; i <= nSlices; i++) {
		selectImage(single);
		setSlice(floor((i - 1) / (channels * slices * frames / n)) + 1);
		run("Select All");
		run("Copy");
		selectImage(title);
		setSlice(i);
		run("Paste");
	}
	run("Select None");
	run("Stack to Hyperstack...", "order=xyczt(default) channels=" + channels + " slices=" + slices + " frames=" + frames + " display=Composite");
	close(single);
}

// A textured image that moves by two pixels from frame to frame.
function drifting(title) {
	random("seed", 7);
	newImage("texture", "16-bit black", 120, 100, 1);
	run("Add Specified Noise...", "standard=3000");
	run("Macro...", "code=v=20000+3000*sin(x/5)*cos(y/7)+2000*sin(x*y/300)");
	run("Gaussian Blur...", "sigma=1.5");
	for (i = 0; i < 4; i++) {
		selectImage("texture");
		makeRectangle(10 + 2 * i, 10, 90, 80);
		run("Duplicate...", "title=frame" + i);
	}
	close("texture");
	run("Images to Stack", "name=" + title + " title=frame");
	rename(title);
}
