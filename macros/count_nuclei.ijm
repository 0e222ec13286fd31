// count_nuclei.ijm: counts the nuclei of every image of the current stack: fluorescence, bright on dark.
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
if (nSlices >= 5 && bitDepth() != 24) {
	run("Sheaf Correct Illumination...", " ");
}
source = getTitle();
images = nSlices;
run("Sheaf Watershed...", "foreground=otsu blur=1 fill_holes h=0.5 min_size=" + least + " regions=overlay");
count = 0;
table = "Watershed of " + File.getNameWithoutExtension(source);
for (i = 0; i < images; i++) {
	count += Table.get("regions", i, table);
}
print(source + ": " + count + " nuclei in " + images + " images");
