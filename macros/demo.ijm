// demo.ijm: equalize, align, threshold and cluster a stack, and leave everything in a folder.
// Argument, three lines: the stack; a second collection to cluster (or an empty line); the folder for the results.
// packaging/demo runs it; to use it yourself, open it with File>Open, put your paths below, and press Run.

lines = split(getArgument(), "\n");
if (lines.length < 3) lines = newArray("/path/to/stack.tif", "", "/path/to/results");
out = lines[2] + "/";

open(lines[0]);
stack = getImageID();
name = File.getNameWithoutExtension(getTitle());
n = nSlices;

run("Sheaf Equalize...", "method=joint to=mean");
equalized = getImageID();
keep("equalized");
keepTable("equalization", "Equalization of " + name);

// aligned from the original: the intensities stay what the camera measured
selectImage(stack);
run("Sheaf Align...", "model=rigid reference=previous crop_common");
aligned = getImageID();
keep("aligned");
keepTable("alignment", "Alignment of " + name);

run("Sheaf Threshold...", "method=otsu scope=all min_size=20 fill_holes");
labels = getImageID();
keep("labels");
keepTable("threshold", "Threshold of " + name + "-aligned");

if (n > 3) {
	selectImage(aligned);
	run("Sheaf Cluster...", "k_min=2");
	keepTable("clusters", "Clusters of " + name + "-aligned");
	keepPlots("stack", name + "-aligned");
	closePlots(name + "-aligned");
}
animate(stack, "before");
animate(aligned, "after");
animate(labels, "labels");

if (lengthOf(lines[1]) > 0) {
	open(lines[1]);
	collection = getImageID();
	title = File.getNameWithoutExtension(getTitle());
	run("Sheaf Cluster...", "method=ward k=10");
	keepTable("collection", "Clusters of " + title);
	keepPlots("collection", title);
}
arrange();
wait(1500);
run("Capture Screen");
saveAs("PNG", out + "screenshot.png");
close();

// Saves the current image under a short name; its title stays.
function keep(file) {
	title = getTitle();
	saveAs("Tiff", out + file + ".tif");
	rename(title);
}

function keepTable(file, title) {
	Table.save(out + file + ".csv", title);
}

// Saves the plots of a collection.
function keepPlots(prefix, of) {
	kinds = newArray("Dendrogram", "Scatter", "Silhouette");
	files = newArray("-dendrogram.png", "-scatter.png", "-score.png");
	for (i = 0; i < kinds.length; i++) {
		title = kinds[i] + " of " + of;
		if (isOpen(title)) {
			selectImage(title);
			saveAs("PNG", out + prefix + files[i]);
			rename(title);
		}
	}
}

function closePlots(of) {
	close("Dendrogram of " + of);
	close("Scatter of " + of);
	close("Silhouette of " + of);
}

// Saves a stack as an animation for a page.
function animate(image, file) {
	selectImage(image);
	run("Duplicate...", "title=animation duplicate");
	Overlay.remove;
	if (bitDepth() != 24) {
		if (image != labels) run("Enhance Contrast", "saturated=0.3");
		run("RGB Color");
	}
	if (getWidth() < 400) run("Size...", "width=" + 2 * getWidth() + " height=" + 2 * getHeight() + " depth=" + nSlices + " interpolation=None");
	run("Animation Options...", "speed=3");
	saveAs("Gif", out + file + ".gif");
	close();
}

// Puts the windows where all can be seen at once, on a screen of 1920 x 1080.
function arrange() {
	images = newArray(stack, equalized, aligned, labels);
	x = 10;
	for (i = 0; i < images.length; i++) {
		selectImage(images[i]);
		// at another zoom than 100 % ImageJ may cut the image by a pixel, and draws over it which part is shown
		run("View 100%");
		setLocation(x, 100);
		getLocationAndSize(left, top, width, height);
		x += 10 + width;
	}
	Table.setLocationAndSize(10, 440, 450, 190, "Alignment of " + name);
	Table.setLocationAndSize(10, 640, 450, 190, "Equalization of " + name);
	Table.setLocationAndSize(670, 935, 490, 140, "Threshold of " + name + "-aligned");
	if (n > 3) Table.setLocationAndSize(10, 840, 450, 190, "Clusters of " + name + "-aligned");
	if (lengthOf(lines[1]) == 0) return;
	Table.setLocationAndSize(10, 840, 450, 190, "Clusters of " + title);
	selectImage(collection);
	setLocation(470, 940);
	place("Silhouette of " + title, 470, 440);
	place("Scatter of " + title, 470, 440);
	place("Dendrogram of " + title, 1180, 100);
}

function place(title, x, y) {
	if (isOpen(title)) {
		selectImage(title);
		setLocation(x, y);
	}
}
