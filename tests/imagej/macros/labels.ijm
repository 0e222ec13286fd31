// Label images of more labels than 16 bits hold, and images that are shown through an inverting lookup table.
newImage("noise", "8-bit black", 1024, 1024, 1);
random("seed", 3);
run("Macro...", "code=v=random*255");
run("Sheaf Watershed...", "h=0.01 smoothing=0 connectivity=4");
labels = getTitle();
same("noise-labels", labels, "the new image");
same(32, bitDepth(), "bits of the labels");
getStatistics(area, mean, least, most);
ok = most > 65535;
check(ok, "only " + most + " labels");
getMinAndMax(low, high);
same("0 " + most, "" + low + " " + high, "the display range");
same(most, Table.get("regions", 0, "Watershed of noise"), "regions in the table");
// they are taken as they are
run("Duplicate...", "title=again");
selectImage(labels);
run("Sheaf Compare Labels...", "reference=again");
same(1, Table.get("adjusted_rand", 0, "Agreement of noise-labels"), "the agreement of labels with themselves");
selectImage(labels);
run("Sheaf Watershed...", "foreground=labels h=1000");
same(32, bitDepth(), "bits of regions within labels");
samePixels(labels, getTitle());
close();
selectImage(labels);
run("Sheaf Threshold...", "method=levels levels=65535");
same(16, bitDepth(), "bits of a threshold of labels");
getStatistics(area, mean);
selectImage(labels);
above = 0;
for (y = 0; y < 1024; y++) for (x = 0; x < 1024; x++) if (getPixel(x, y) > 65535) above++;
same(above, round(mean * 1024 * 1024), "pixels of labels above 65535");
selectImage("noise");
call("sheaf.Paint.open", labels);
selectImage(labels);
x = 1000; y = 1000;
while (getPixel(x, y) <= 65535) x--;
count = 0;
label = getPixel(x, y);
for (j = 900; j < 1024; j++) for (i = 900; i < 1024; i++) if (getPixel(i, j) == label) count++;
selectImage("noise");
painted = call("sheaf.Paint.fill", x, y);
same(count, painted, "pixels of the segment of label " + label);
call("sheaf.Paint.quit");
close("*");

// Pixel values count, not how they look: on an inverting table what is dark has high values. A mask is white where the object is.
commands = newArray("Sheaf Threshold...", "Sheaf Hysteresis...", "Sheaf Watershed...", "Sheaf Blobs...");
keys = newArray("mask", "mask", "min_size=1", "method=dog");
for (c = 0; c < 4; c++) {
	command = commands[c];
	for (inverted = 0; inverted < 2; inverted++) {
		newImage("spots", "8-bit black", 120, 90, 1);
		setColor(200);
		for (i = 0; i < 3; i++) fillOval(10 + 38 * i, 20 + 10 * i, 20, 20);
		run("Gaussian Blur...", "sigma=2");
		if (inverted) run("Invert LUT");
		run(command, keys[c]);
		if (inverted) {
			samePixels("plain", "spots-labels");
			if (isOpen("spots-mask")) {
				selectImage("spots-mask");
				ok = !is("Inverting LUT");
				check(ok, "the mask is shown by the input's inverting table");
				same(255, getPixel(20, 30), "the mask inside");
			}
			selectImage("spots");
			ok = is("Inverting LUT");
			check(ok, command + " has changed the lookup table");
			close("*");
		} else {
			selectImage("spots-labels");
			rename("plain");
			getStatistics(area, mean, least, most);
			ok = most > 0;
			check(ok, command + " has found nothing");
			selectImage("spots");
			close();
			close("spots-*");
		}
	}
}
return "ok";
