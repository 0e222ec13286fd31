// Objects by two thresholds, and spots, in ImageJ: images, tables, regions, and what is refused.
run("Sheaf Refresh");
newImage("vessels.tif", "16-bit black", 80, 60, 2);
for (n = 1; n <= 2; n++) {
	setSlice(n);
	run("Macro...", "code=v=1000 slice");
	setColor(3000);
	fillRect(5, 10, 60, 4);
	fillRect(5, 30, 60, 4);
	setColor(9000);
	fillRect(5, 10, 10, 4);
}
setSlice(1);
setVoxelSize(0.5, 0.5, 1, "um");
run("Sheaf Hysteresis...", "method=manual low=2000 high=8000");
same("vessels-labels", getTitle(), "the title");
same(1, getPixel(50, 11), "a faint part of a bright object");
same(0, getPixel(50, 31), "an object without a bright part");
same(2000, Table.get("low", 0, "Hysteresis of vessels"), "the level");
same(60, Table.get("area", 1, "Hysteresis of vessels"), "the area in square microns");
close();
run("Sheaf Hysteresis...", "method=percentile seeds=1 candidates=15 regions=overlay mask");
selectImage("vessels-mask");
same(255, getPixel(50, 11), "the mask");
selectImage("vessels-labels");
same(2, Overlay.size, "outlines");
selectImage("vessels.tif");
message = errorOf("Sheaf Hysteresis...", "method=manual low=5 high=2");
has(message, "low: 5 given, high is 2; accepted: high or less", "the message");
close("*");

newImage("spots.tif", "8-bit black", 90, 70, 1);
run("Macro...", "code=v=20+200*exp(-((x-30)*(x-30)+(y-30)*(y-30))/32)+90*exp(-((x-65)*(x-65)+(y-45)*(y-45))/18)");
setVoxelSize(0.5, 0.5, 1, "um");
run("Sheaf Blobs...", "max_diameter=20 refine regions=overlay");
same("spots-labels", getTitle(), "the title");
same(1, getPixel(30, 30), "the strongest spot");
same(2, getPixel(65, 45), "the other one");
same(2, Table.size("Blobs of spots"), "rows");
same(2, Table.get("blobs", 0, "Counts of spots"), "the count");
ok = abs(Table.get("x", 0, "Blobs of spots") - 15.25) < 0.02;
check(ok, "x is " + Table.get("x", 0, "Blobs of spots"));
ok = abs(Table.get("diameter", 0, "Blobs of spots") - 2 * sqrt(2) * 4 / 2) < 0.2;
check(ok, "the diameter is " + Table.get("diameter", 0, "Blobs of spots"));
same(2, Overlay.size, "circles");
selectImage("spots.tif");
run("Sheaf Blobs...", "outlines=points regions=overlay");
same(1, Overlay.size, "one selection of points");
close("*");
// colour counts as ImageJ converts it: by the mean of red, green and blue
newImage("colour.tif", "RGB black", 80, 60, 1);
for (y = 0; y < 60; y++) for (x = 0; x < 80; x++) {
	red = floor(127 + 120 * sin(x / 9));
	green = floor(100 + 90 * cos(y / 7));
	setPixel(x, y, red << 16 | green << 8 | floor(90 + 60 * sin((x + y) / 11)));
}
run("Duplicate...", "title=gray.tif");
run("8-bit");
commands = newArray("Watershed", "Hysteresis", "Blobs", "Threshold");
for (i = 0; i < commands.length; i++) {
	selectImage("colour.tif");
	run("Sheaf " + commands[i] + "...", " ");
	selectImage("gray.tif");
	run("Sheaf " + commands[i] + "...", " ");
	samePixels("colour-labels", "gray-labels");
	selectImage("colour-labels");
	getStatistics(area, mean, least, most);
	ok = most > 0;
	command = commands[i];
	check(ok, command + " finds nothing");
	close("*-labels");
}
close("*");

// labels of another program are divided one by one; more than 65 535 are a 32-bit image
newImage("labels.tif", "16-bit black", 80, 60, 1);
setColor(7);
fillOval(10, 10, 24, 24);
fillOval(32, 10, 24, 24);
setColor(300);
fillRect(10, 33, 40, 12);
run("Sheaf Watershed...", "foreground=labels");
same(2, Table.get("objects", 0, "Watershed of labels"), "labels");
same(3, Table.get("regions", 0, "Watershed of labels"), "their parts");
message = errorOf("Sheaf Watershed...", "foreground=labels blur=2");
has(message, "blur: given with foreground labels, which cannot be blurred; accepted: 0", "the message");
close("*");
newImage("grid.tif", "8-bit black", 514, 514, 1);
for (y = 0; y < 514; y += 2) for (x = 0; x < 514; x += 2) setPixel(x, y, 200);
run("Sheaf Hysteresis...", "method=manual low=50 high=100");
same(32, bitDepth(), "bits of the labels");
same(257 * 257, getPixel(512, 512), "the last label");
close("*");

// where nothing is found the tables are empty
newImage("flat.tif", "8-bit black", 80, 60, 1);
commands = newArray("Watershed", "Hysteresis", "Blobs");
tables = newArray("Regions of flat", "Regions of flat", "Blobs of flat");
for (i = 0; i < commands.length; i++) {
	selectImage("flat.tif");
	run("Sheaf " + commands[i] + "...", " ");
	title = tables[i];
	same(0, Table.size(title), title);
	close("*-labels");
}
count = Table.get("blobs", 0, "Counts of flat");
same(0, count, "the count");
close("*");
return "ok";
