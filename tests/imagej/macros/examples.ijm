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

runMacro(examples + "align_folder.ijm", folder + "in\n" + folder + "out");
text = File.openAsString(folder + "out/scores.csv");
has(text, "drift1.tif,4,", "the table");
has(text, "drift2.tif,4,", "the table");
open(folder + "out/drift2-aligned.tif");
same(4, nSlices, "the aligned stack");
close("*");

drifting("drift.tif");
run("Add Slice");
run("Add Slice");
runMacro(examples + "drop_failures.ijm", "0.5");
same("drift-aligned", getTitle(), "the title");
same(4, nSlices, "images left");
close("*");

// two kinds of images, three of each
newImage("kinds.tif", "8-bit black", 64, 64, 6);
for (i = 1; i <= 6; i++) {
	setSlice(i);
	if (i % 2 == 0) run("Macro...", "code=v=x*4 slice");
	else run("Macro...", "code=v=255-y*4 slice");
	run("Add Specified Noise...", "slice standard=" + i);
}
runMacro(examples + "representatives.ijm", "k=2");
same("kinds-representatives", getTitle(), "the title");
same(2, nSlices, "representatives");
close("*");
return "ok";

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
