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

// annotations that cannot be labels are refused by the name of the parameter
disk();
newImage("marks", "32-bit black", 200, 160, 1);
setPixel(5, 7, 1.5);
selectImage("cells.tif");
message = errorOf("Sheaf GrabCut...", "annotations=marks");
same("annotations: image 1: the value 1.5 at 5,7 is no label; accepted: whole numbers from 0 to 16777216", message, "a half");
message = errorOf("Sheaf GrabCut...", "annotations=cells.tif");
same("annotations: RGB given, Sheaf GrabCut needs a label image of 8, 16 or 32 bits", message, "colours");
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
// one undo takes back one call
call("sheaf.GrabCut.stroke", "background", 9, "95,80,100,80");
call("sheaf.GrabCut.iterate", 2);
call("sheaf.GrabCut.undo");
call("sheaf.GrabCut.undo");
step = call("sheaf.GrabCut.iterate", 1);
call("sheaf.GrabCut.undo");
call("sheaf.GrabCut.reset");
call("sheaf.GrabCut.undo");
for (i = 1; i <= 6; i++) call("sheaf.GrabCut.undo"); // four iterations, a rectangle, the reset
call("sheaf.GrabCut.undo");
call("sheaf.GrabCut.undo");
callRefused("'sheaf.GrabCut.undo'", "undo: there is nothing to undo");
callRefused("'sheaf.GrabCut.finish'", "finish: nothing is divided yet; press space, or iterate");
callRefused("'sheaf.GrabCut.finish', 'all'", "finish: \"all\" given, needs \"separate\" or nothing");
// the labels are those of the command, also with numbers for each object
close("*");
disk();
for (separate = 0; separate < 2; separate++) {
	keys = newArray("iterations=3", "iterations=3 separate");
	makeRectangle(40, 30, 120, 100);
	run("Sheaf GrabCut...", keys[separate]);
	rename("command");
	selectImage("cells.tif");
	run("Select None");
	call("sheaf.GrabCut.open");
	call("sheaf.GrabCut.rectangle", 40, 30, 120, 100);
	call("sheaf.GrabCut.iterate", 3);
	if (separate) call("sheaf.GrabCut.finish", "separate");
	else call("sheaf.GrabCut.finish");
	same("cells-labels", getTitle(), "the new image");
	samePixels("command", "cells-labels");
	close("command");
	close("cells-labels");
	selectImage("cells.tif");
}
call("sheaf.GrabCut.open");
call("sheaf.GrabCut.rectangle", 40, 30, 120, 100);
// what goes wrong ends a macro with its sentence, and shows no dialog
callRefused("'sheaf.GrabCut.stroke', 'foreground', 1e9, '10,20,15,20'", "brush: 1000000000 given, accepted: 1 to 1000 pixels");
callRefused("'sheaf.GrabCut.stroke', 'foreground', 3, '10,20,15'", "points: 3 numbers given, needs an even count: x and y of each point");
callRefused("'sheaf.GrabCut.stroke', 'foreground', 3, ''", "points: none given, needs x,y of one point or more, such as \"10,20,15,20\"");
callRefused("'sheaf.GrabCut.stroke', 'red', 3, '10,20'", "kind: \"red\" given, needs foreground, background, probable_background, probable_foreground");
callRefused("'sheaf.GrabCut.stroke', 'foreground', 3, '10,20', 'over'", "stroke: \"over\" given after the points, needs \"replace\" or nothing");
callRefused("'sheaf.GrabCut.rectangle', 10, 10, 0, 0", "rectangle: width 0 and height 0 given, each needs to be at least 1 pixel");
callRefused("'sheaf.GrabCut.rectangle', -5, -5, 400, 400", "rectangle: it covers the whole image; draw it so that background is left outside");
callRefused("'sheaf.GrabCut.iterate', 0", "iterations: 0 given");
call("sheaf.GrabCut.stroke", "background", 3, "45,35,50,35");
callRefused("'sheaf.GrabCut.stroke', 'foreground', 1, '46,30,46,40'", "points: pixel 46,34 is background by an earlier stroke and would be foreground; add \"replace\" after the points if this stroke is to hold");
call("sheaf.GrabCut.stroke", "foreground", 1, "46,30,46,40", "replace");
call("sheaf.GrabCut.quit");
callRefused("'sheaf.GrabCut.iterate', 1", "image: cells.tif is not being cut; choose \"Sheaf GrabCut Tool\" or call(\"sheaf.GrabCut.open\")");
callRefused("'sheaf.Paint.fill', 1, 1", "image: cells.tif is not being painted; choose \"Sheaf Paint Tool\" or call(\"sheaf.Paint.open\", title of a label image)");
callRefused("'sheaf.Paint.open', 'no such'", "labels: no open image is called \"no such\"; open are cells.tif");
newImage("cells-labels", "8-bit ramp", 200, 160, 1);
selectImage("cells.tif");
call("sheaf.Paint.open", "cells-labels");
callRefused("'sheaf.Paint.undo'", "undo: there is nothing to undo");
callRefused("'sheaf.Paint.fill', 200, 1", "point: 200,1 lies outside the image, which is 200 x 160 pixels");
callRefused("'sheaf.Paint.cut', '1,1'", "points: 1 given, a cut needs two or more");
call("sheaf.Paint.quit");
close("*");

// the slices of a hyperstack are those that its window shows; masks that were saved tell what is painted
newImage("hyper", "8-bit black", 40, 30, 12);
run("Stack to Hyperstack...", "order=xyczt(default) channels=2 slices=3 frames=2 display=Grayscale");
hyper = getTitle();
newImage("segment", "8-bit black", 40, 30, 1);
makeRectangle(10, 5, 12, 8);
run("Set...", "value=1");
run("Select None");
selectImage(hyper);
Stack.setPosition(2, 3, 1);
call("sheaf.Paint.open", "segment");
call("sheaf.Paint.next");
Stack.getPosition(channel, depth, frame);
same("1 1 2", "" + channel + " " + depth + " " + frame, "the position after the next slice");
same(7, getSliceNumber(), "the slice after the next slice");
setForegroundColor(0, 0, 255);
answer = call("sheaf.Paint.fill", 12, 7);
same("96", answer, "pixels that were filled");
folder = getArgument();
blue = folder + "hyper-0007_mask_0-0-255.png";
answer = call("sheaf.Paint.save", folder);
same("3", answer, "files");
ok = File.exists(blue);
check(ok, "the blue mask");
call("sheaf.Paint.unfill", 12, 7);
setForegroundColor(255, 0, 0);
call("sheaf.Paint.fill", 12, 7);
answer = call("sheaf.Paint.save", folder);
same("4", answer, "files with one that was emptied");
open(blue);
getStatistics(area, mean);
same(0, mean, "the mean of a mask of a colour that is no longer there");
close();
selectImage(hyper);
call("sheaf.Paint.quit");
close("hyper");
close("segment");

// a file beside the image that cannot be read stays as it is
folder = getArgument();
newImage("garbled", "8-bit ramp", 20, 10, 1);
saveAs("Tiff", folder + "garbled.tif");
File.saveString("no selections", folder + "garbled_paint.zip");
newImage("halves", "8-bit black", 20, 10, 1);
makeRectangle(0, 0, 10, 10);
setColor(1);
fill();
selectImage("garbled.tif");
callRefused("'sheaf.Paint.open', 'halves'", folder + "garbled_paint.zip could not be read");
selectImage("garbled.tif");
close();
ok = startsWith(File.openAsString(folder + "garbled_paint.zip"), "no selections");
check(ok, "the file that could not be read was replaced");

// labels that are refused end no painting, and what is closed unsaved is put somewhere
newImage("unsaved", "8-bit ramp", 20, 10, 1);
newImage("small", "8-bit ramp", 5, 5, 1);
selectImage("unsaved");
call("sheaf.Paint.open", "halves");
call("sheaf.Paint.fill", 3, 3);
callRefused("'sheaf.Paint.open', 'small'", "labels: ");
selectImage("unsaved");
same(0, call("sheaf.Paint.fill", 3, 3), "what is painted already");
print("\\Clear");
selectImage("unsaved");
close();
for (i = 0; i < 100 && getInfo("log") == ""; i++) wait(50); // ImageJ tells of a closed image when it gets round to it
has(getInfo("log"), "unsaved: the painting could not be saved beside the image; it is in ", "the log");
close("halves");
close("small");

// what Template Painting says
testStack("cells.tif", "8-bit", 2);
message = errorOf("Sheaf Template Painting...", "segment=a");
has(message, "template: none given; name files or open images, separated by ;", "no template");
message = errorOf("Sheaf Template Painting...", "template=[no such.png] segment=cells.tif");
has(message, "template: there is neither a file nor an open image \"no such.png\"", "a missing file");
newImage("pieces", "8-bit ramp", 10, 10, 5);
selectImage("cells.tif");
message = errorOf("Sheaf Template Painting...", "template=pieces segment=pieces");
has(message, "template: pieces has 5 images, needs one", "a stack as template");
close("pieces");
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

// A call of a tool's function ends what follows with one line.
function callRefused(arguments, expected) {
	message = call("ij.Macro.eval", "x = call(" + arguments + "); call('MacroTest.fail', 'went on after an error');");
	if (!startsWith(message, expected)) same(expected, message, arguments);
	ok = indexOf(message, "\n") < 0;
	check(ok, "a line break in <" + message + ">");
}
