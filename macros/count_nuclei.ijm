// count_nuclei.ijm: counts the nuclei of every image of the current stack: fluorescence, bright on dark. Of several channels
// the one that is shown counts.
//
// From five images on, the light is taken to be the same in all of them: it is estimated from them and taken out. Then
// Otsu's threshold, holes filled, and a watershed of the distance to the background divides what touches. Leaves the label
// image, with outlines as overlay, and the tables "Watershed of ..." (nuclei for each image) and "Regions of ..." (area,
// mean and place of each nucleus). How good it is, on labelled images: docs/operations/segment.watershed.md.
//
// Argument: the least area of a nucleus in pixels; without one it is 25.

least = 25;
if (getArgument() != "") least = parseInt(getArgument());
if (nImages == 0) exit("count_nuclei: open a stack of nuclei first");
if (isNaN(least) || least < 0) exit("count_nuclei: the least area is a number of pixels, not \"" + getArgument() + "\"");
Stack.getDimensions(width, height, channels, depth, frames);
source = getTitle();
if (channels > 1 && bitDepth() != 24) { // the others show something else
	Stack.getPosition(channel, z, t);
	run("Duplicate...", "title=[" + File.getNameWithoutExtension(source) + "-c" + channel + "] duplicate channels=" + channel);
	print(source + ": channel " + channel + " of " + channels + " is counted, the one that is shown");
	source = getTitle();
}
if (nSlices >= 5 && bitDepth() != 24) {
	run("Sheaf Correct Illumination...", " ");
	source = getTitle();
}
images = nSlices;
getPixelSize(unit, pixelWidth, pixelHeight);
run("Sheaf Watershed...", "foreground=otsu blur=1 fill_holes h=0.5 min_size=" + least + " regions=overlay");
count = 0;
area = 0;
table = "Watershed of " + File.getNameWithoutExtension(source);
for (i = 0; i < images; i++) {
	count += Table.get("regions", i, table);
	area += Table.get("area", i, table);
}
note = "";
if (images > 1) note = ", each image counted for itself";
if (area > images * width * height * pixelWidth * pixelHeight / 2)
	note += "; they cover more than half of it: if the nuclei are dark on a bright ground, invert the image first (Edit>Invert)";
nuclei = " nuclei";
if (count == 1) nuclei = " nucleus";
if (images == 1) place = "1 image";
else place = "" + images + " images";
print(source + ": " + count + nuclei + " in " + place + note);
