// What cannot work stops the macro with one sentence, and leaves images, locks and tables as they were.
run("Sheaf Refresh");
message = errorOf("Sheaf Align...", " ");
same("There are no images open", message, "no image");

newImage("one.tif", "8-bit ramp", 60, 40, 1);
message = errorOf("Sheaf Cluster...", "k_min=2");
has(message, "1 image given", "too few");
close("*");

testStack("cells.tif", "8-bit", 4);
message = errorOf("Sheaf Align...", "model=rigit");
has(message, "did you mean rigid?", "misspelt choice");
message = errorOf("Sheaf Align...", "modle=rigid");
has(message, "did you mean model?", "unknown key");
ok = indexOf(message, "align.register") < 0;
check(ok, "the operation's id is in <" + message + ">");
message = errorOf("Sheaf Align...", "base=9 reference=base");
has(message, "base: 9 given", "base");
message = errorOf("Sheaf Threshold...", "classes=nan method=multi_otsu");
has(message, "classes:", "NaN");
message = errorOf("Sheaf Threshold...", "classes=90 method=multi_otsu");
has(message, "classes: 90 given", "out of range");
message = errorOf("Sheaf Threshold...", "classes=many method=multi_otsu");
has(message, "needs a whole number", "text");

makeLine(1, 1, 20, 20);
message = errorOf("Sheaf Equalize...", " ");
has(message, "selection: a straight line selection encloses no area", "a line");
makePoint(5, 5);
message = errorOf("Sheaf Equalize...", " ");
has(message, "selection: a point selection encloses no area", "a point");
makeRectangle(5, 5, 10, 10);
run("Sheaf Equalize...", " ");
close();
run("Select None");

message = errorOf("Sheaf Test Fail...", "how=message");
has(message, "threshold: there is nothing above it", "a plugin's failure");
message = errorOf("Sheaf Test Fail...", "how=exception");
has(message, "vector out of range", "an exception");
message = errorOf("Sheaf Test Fail...", "how=memory");
has(message, "budget", "memory");

same(1, nImages, "images");
// the image is free: the next command works
selectImage("cells.tif");
run("Sheaf Test Copy");
samePixels("cells.tif", "cells-copy");
close("*");

// constant and all-NaN images are degenerate, not fatal
commands = newArray("Equalize", "Align", "Threshold");
nouns = newArray("Equalization", "Alignment", "Threshold");
for (t = 0; t < 2; t++) {
	for (k = 0; k < commands.length; k++) {
		if (t == 0) newImage("plain.tif", "8-bit", 60, 40, 4);
		else missing(1);
		run("Sheaf " + commands[k] + "...", " ");
		title = nouns[k] + " of plain";
		same(4, Table.size(title), "rows of " + title);
		for (row = 0; row < 4; row++) {
			value = Table.getString("status", row, title);
			same("degenerate", value, "the status in " + title);
		}
		close("*");
	}
}
missing(1);
message = errorOf("Sheaf Cluster...", " ");
has(message, "images: 0 with data given", "nothing to cluster");
close("*");
missing(4);
run("Sheaf Cluster...", "k=2");
value = Table.getString("status", 5, "Clusters of plain");
same("degenerate", value, "the status of an image without data");
value = Table.getString("status", 0, "Clusters of plain");
same("ok", value, "the status of an image with data");
close("*");

// a size that no memory holds is a sentence, not the end of ImageJ
run("Sheaf Settings...", "memory=1 limit=0 folder=[]");
newImage("large.tif", "16-bit ramp", 2000, 2000, 3);
message = errorOf("Sheaf Equalize...", " ");
has(message, "budget", "the budget");
run("Sheaf Settings...", "memory=0 limit=0 folder=[]");
run("Sheaf Equalize...", " ");
same("large-equalized", getTitle(), "the title");
close("*");
return "ok";

// Six images, of which those from `first` on have no data.
function missing(first) {
	newImage("plain.tif", "32-bit ramp", 60, 40, 6);
	if (first == 1) {
		for (i = 0; i < 2; i++) run("Delete Slice");
	}
	for (i = 1; i <= nSlices; i++) {
		setSlice(i);
		if (i >= first) run("Macro...", "code=v=NaN slice");
		else run("Macro...", "code=v=v+" + i + "*x*y slice");
	}
	setSlice(1);
}
