// The four commands on every type of image, and what a macro says about them.
run("Sheaf Refresh");
types = newArray("8-bit", "16-bit", "32-bit", "RGB");
for (t = 0; t < types.length; t++) {
	testStack("cells.tif", types[t], 4);
	setVoxelSize(0.5, 0.5, 2, "um");
	depth = bitDepth();
	run("Sheaf Equalize...", "method=joint to=mean");
	result("cells-equalized", depth);
	run("Sheaf Align...", "model=affine reference=mean");
	result("cells-aligned", depth);
	run("Sheaf Threshold...", "method=otsu scope=all");
	result("cells-labels", 16);
	run("Sheaf Cluster...", "k=2");
	same("cells.tif", getTitle(), "the current image");
	same(4, Table.size("Clusters of cells"), "rows");
	close("*");
}

// typed levels are calibrated values
testStack("signed.tif", "16-bit", 2);
run("Calibrate...", "function=[Straight Line] unit=[Gray Value] text1=[0 65535] text2=[-32768 32767]");
run("Sheaf Threshold...", "method=manual levels=[-32700,-32650]");
for (n = 1; n <= 2; n++) {
	for (x = 0; x < 60; x += 7) {
		selectImage("signed.tif");
		setSlice(n);
		value = calibrate(getPixel(x, 11));
		selectImage("signed-labels");
		setSlice(n);
		inside = value >= -32700 && value <= -32650;
		same(inside, getPixel(x, 11), "the label of " + value);
	}
}
same(-32700, Table.get("threshold", 0, "Threshold of signed"), "the threshold in the table");
close("*");

// a hyperstack: measured in one channel, all moved
newImage("hyper.tif", "16-bit composite-mode", 80, 60, 2, 1, 4);
for (c = 1; c <= 2; c++) for (f = 1; f <= 4; f++) {
	Stack.setPosition(c, 1, f);
	run("Macro...", "code=v=1000*" + c + "+900*sin((x+2*" + f + ")/6)*cos((y-" + f + ")/7) slice");
}
run("Sheaf Align...", "model=translation reference=first channel=2");
same("hyper-aligned", getTitle(), "the title");
Stack.getDimensions(w, h, c, z, f);
same("2 1 4", "" + c + " " + z + " " + f, "the dimensions");
same(4, Table.size("Alignment of hyper"), "one row for each frame");
shift = Table.get("shift_x", 3, "Alignment of hyper");
ok = abs(abs(shift) - 6) < 0.1;
check(ok, "the shift is " + shift);
for (c = 1; c <= 2; c++) {
	Stack.setPosition(c, 1, 1);
	first = getPixel(40, 30);
	Stack.setPosition(c, 1, 4);
	ok = abs(getPixel(40, 30) - first) <= 20;
	check(ok, "channel " + c + " was not moved");
}
close("*");

// a region of interest says where to look
testStack("cells.tif", "8-bit", 3);
run("Sheaf Equalize...", "method=brightness");
whole = Table.get("brightness_before", 0, "Equalization of cells");
close();
makeOval(5, 5, 20, 20);
run("Sheaf Equalize...", "method=brightness");
part = Table.get("brightness_before", 0, "Equalization of cells");
ok = whole != part;
check(ok, "the selection made no difference");
selectImage("cells.tif");
setSlice(1);
getStatistics(area, mean);
ok = abs(part - mean) < 0.001;
check(ok, "brightness in the selection: " + part + ", ImageJ measures " + mean);
return "ok";

function result(title, depth) {
	same(title, getTitle(), "the title");
	same(depth, bitDepth(), "the type of " + title);
	same(4, nSlices, "images");
	getVoxelSize(w, h, d, unit);
	same("0.5 0.5 2", "" + w + " " + h + " " + d, "the voxel size of " + title);
	setSlice(3);
	same("image 3", getInfo("slice.label"), "the label");
	close();
	selectImage("cells.tif");
}
