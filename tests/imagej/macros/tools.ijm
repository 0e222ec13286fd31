// Cutting out and painting by macro.
// GrabCut goes on from its state: five times one iteration are five iterations
disk();
makeRectangle(40, 30, 120, 100);
run("Sheaf GrabCut...", "iterations=5");
rename("at once");
for (i = 1; i <= 5; i++) {
	selectImage("cells.tif");
	if (i == 1) {
		run("Sheaf GrabCut...", "iterations=1 output=state");
		run("Select None"); // the state knows the selection
	} else {
		run("Sheaf GrabCut...", "iterations=1 annotations=[cells-state] output=state");
		close("cells-state");
		selectImage("cells-state-1");
		rename("cells-state");
	}
	if (i < 5) close("cells-labels");
}
selectImage("cells-labels");
getStatistics(area, mean);
ok = mean > 0.05 && mean < 0.5;
check(ok, "the object is " + mean + " of the image");
samePixels("at once", "cells-labels");
close("cells-labels");
// what is drawn on the state is kept
selectImage("cells-state");
setColor(2);
setLineWidth(3);
drawLine(80, 80, 100, 80);
selectImage("cells.tif");
run("Select None");
run("Sheaf GrabCut...", "iterations=1 annotations=[cells-state]");
for (x = 82; x < 98; x++) {
	v = getPixel(x, 80);
	same(0, v, "a corrected pixel");
}
close("*");

// the tool by calls alone; a reset begins anew
disk();
call("sheaf.GrabCut.open");
call("sheaf.GrabCut.rectangle", 40, 30, 120, 100);
once = call("sheaf.GrabCut.iterate", 4);
call("sheaf.GrabCut.reset");
call("sheaf.GrabCut.rectangle", 40, 30, 120, 100);
for (i = 0; i < 4; i++) step = call("sheaf.GrabCut.iterate", 1);
same(once, step, "pixels of the foreground");
call("sheaf.GrabCut.quit");
close("*");

// what Template Painting says
testStack("cells.tif", "8-bit", 2);
message = errorOf("Sheaf Template Painting...", "segment=a");
has(message, "template: none given; name files or open images, separated by ;", "no template");
message = errorOf("Sheaf Template Painting...", "template=[no such.png] segment=cells.tif");
has(message, "template: there is neither a file nor an open image \"no such.png\"", "a missing file");
message = errorOf("Sheaf Template Painting...", "template=cells.tif segment=cells.tif mask=[a;b]");
has(message, "mask: 2 given for 1 template; each template needs one", "too many masks");
message = errorOf("Sheaf Template Painting...", "template=cells.tif segment=cells.tif fault=3");
has(message, "fault: unknown; there are template, segment", "an unknown key");
close("*");
return "ok";

// A disk on ground of another colour, both with noise.
function disk() {
	random("seed", 7);
	newImage("cells.tif", "RGB black", 200, 160, 1);
	run("Select All");
	setColor(60, 90, 110);
	fill();
	makeOval(60, 50, 70, 60);
	setColor(150, 110, 70);
	fill();
	run("Select None");
	run("Add Specified Noise...", "standard=25");
}
