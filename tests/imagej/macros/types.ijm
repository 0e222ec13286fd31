// Every type of image comes back as it was, with all that belongs to it.
run("Sheaf Refresh");
types = newArray("8-bit", "16-bit", "32-bit", "RGB");
for (t = 0; t < types.length; t++) {
	testStack("cells.tif", types[t], 4);
	setVoxelSize(0.5, 0.5, 2, "um");
	setMetadata("Info", "made by a test");
	if (bitDepth() != 24) {
		run("Green");
		setMinAndMax(10, 150);
	}
	makeRectangle(1, 2, 10, 10);
	run("Add Selection...");
	run("Select None");
	run("Sheaf Test Copy");
	same("cells-copy", getTitle(), "the title");
	samePixels("cells.tif", "cells-copy");
	getVoxelSize(w, h, d, unit);
	same("0.5 0.5 2", "" + w + " " + h + " " + d, "the voxel size of " + types[t]);
	has("um µm", unit, "the unit");
	ok = startsWith(getMetadata("Info"), "made by a test");
	check(ok, "Info is lost");
	same(1, Overlay.size, "the overlay");
	setSlice(3);
	same("image 3", getInfo("slice.label"), "the label");
	if (bitDepth() != 24) {
		getMinAndMax(min, max);
		same("10 150", "" + min + " " + max, "the display range of " + types[t]);
		getLut(r, g, b);
		ok = r[255] == 0 && g[255] == 255;
		check(ok, "the lookup table is lost");
	}
	close("*");
}

// signed 16-bit
testStack("signed.tif", "16-bit", 2);
run("Calibrate...", "function=[Straight Line] unit=[Gray Value] text1=[0 65535] text2=[-32768 32767]");
run("Sheaf Test Copy");
samePixels("signed.tif", "signed-copy");
same(-32768 + 3, calibrate(3), "the calibrated value");
close("*");

// a composite hyperstack
newImage("hyper.tif", "16-bit composite-mode", 30, 20, 3, 4, 2);
for (c = 1; c <= 3; c++) for (z = 1; z <= 4; z++) for (f = 1; f <= 2; f++) {
	Stack.setPosition(c, z, f);
	run("Macro...", "code=v=x+100*" + c + "+10*" + z + "+1000*" + f + " slice");
}
Stack.setPosition(2, 3, 1);
Stack.setActiveChannels("101");
run("Sheaf Test Copy");
samePixels("hyper.tif", "hyper-copy");
Stack.getDimensions(w, h, c, z, f);
same("3 4 2", "" + c + " " + z + " " + f, "the dimensions");
Stack.getDisplayMode(mode);
same("composite", mode, "the mode");
Stack.getActiveChannels(active);
ok = startsWith(active, "101");
check(ok, "the active channels are " + active);
Stack.getPosition(c, z, f);
same("2 3 1", "" + c + " " + z + " " + f, "the position");

// a result that is spread over another range is shown at that one, each channel at its own; the input stays as it was
selectImage("hyper.tif");
for (c = 1; c <= 3; c++) {
	Stack.setChannel(c);
	setMinAndMax(50 * c, 200);
}
run("Sheaf Stretch Contrast...", "low=0 high=100 scope=all");
for (c = 1; c <= 3; c++) {
	selectImage("hyper-stretched");
	Stack.setChannel(c);
	getMinAndMax(min, max);
	same("0 65535", "" + min + " " + max, "the display range of channel " + c);
	selectImage("hyper.tif");
	Stack.setChannel(c);
	getMinAndMax(min, max);
	same("" + 50 * c + " 200", "" + min + " " + max, "the input's display range of channel " + c);
}
close("*");
tops = newArray(255, 65535, 1);
for (t = 0; t < tops.length; t++) {
	testStack("cells.tif", types[t], 4);
	setMinAndMax(10, 150);
	setSlice(2); // neither the lowest nor the highest value of the stack lies here
	run("Sheaf Stretch Contrast...", "low=0 high=100 scope=all");
	getMinAndMax(min, max);
	same("0 " + tops[t], "" + min + " " + max, "the display range of stretched " + types[t]);
	selectImage("cells.tif");
	getMinAndMax(min, max);
	same("10 150", "" + min + " " + max, "the input's display range");
	close("*");
}
commands = newArray("Equalize Histogram", "CLAHE");
results = newArray("cells-histogram", "cells-clahe");
for (k = 0; k < commands.length; k++) {
	testStack("cells.tif", "16-bit", 1);
	setMinAndMax(10, 20);
	run("Sheaf " + commands[k] + "...", " ");
	selectImage(results[k]);
	getMinAndMax(min, max);
	getStatistics(area, mean, low, high);
	same("" + low + " " + high, "" + min + " " + max, "the display range after " + commands[k]);
	close("*");
}
return "ok";
