// demo.ijm: equalize, align, threshold and cluster a stack, and leave everything in a folder.
// Argument, three lines: the stack; a second collection to cluster (or an empty line); the folder for the results.
// packaging/demo runs it; in ImageJ, open it with File>Open, put your paths below, and press Run.

lines = split(getArgument(), "\n");
if (lines.length < 3) lines = newArray("/path/to/stack.tif", "", "/path/to/results");
out = lines[2] + "/";

open(lines[0]);
stack = getTitle();
n = nSlices;

run("Sheaf Equalize...", "method=joint to=mean");
equalized = keep("equalized");
keepTable("equalization", "Equalization of " + stack);

// aligned from the original: the intensities stay what the camera measured
selectImage(stack);
run("Sheaf Align...", "model=rigid reference=previous crop_common");
aligned = keep("aligned");
keepTable("alignment", "Alignment of " + stack);

run("Sheaf Threshold...", "method=otsu scope=all min_size=20 fill_holes");
labels = keep("labels");
keepTable("threshold", "Threshold of " + aligned);

if (n > 3) {
	selectImage(aligned);
	run("Sheaf Cluster...", "k_min=2");
	keepTable("clusters", "Clusters of " + aligned);
	keepPlots("stack");
}
animate(stack, "before");
animate(aligned, "after");
animate(labels, "labels");

if (lengthOf(lines[1]) > 0) {
	open(lines[1]);
	collection = getTitle();
	run("Sheaf Cluster...", "method=ward k=10");
	keepTable("collection", "Clusters of " + collection);
	keepPlots("collection");
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
	return title;
}

function keepTable(file, title) {
	Table.save(out + file + ".csv", title);
}

// Saves the plots that are open under the kind of plot their title begins with.
function keepPlots(prefix) {
	for (i = nImages; i >= 1; i--) {
		selectImage(i);
		title = getTitle();
		kind = "";
		if (startsWith(title, "Dendrogram")) kind = "dendrogram";
		if (startsWith(title, "Scatter")) kind = "scatter";
		if (startsWith(title, "Score")) kind = "score";
		if (kind != "") {
			saveAs("PNG", out + prefix + "-" + kind + ".png");
			rename(title);
		}
	}
}

// Saves a stack as an animation for a page.
function animate(title, file) {
	selectImage(title);
	run("Duplicate...", "title=animation duplicate");
	if (bitDepth() != 24) {
		if (title != labels) run("Enhance Contrast", "saturated=0.3");
		run("RGB Color");
	}
	if (getWidth() < 400) run("Size...", "width=" + 2 * getWidth() + " height=" + 2 * getHeight() + " depth=" + nSlices + " interpolation=None");
	run("Animation Options...", "speed=3");
	saveAs("Gif", out + file + ".gif");
	close();
}

// Puts the stack, the aligned stack and the labels beside each other.
function arrange() {
	titles = newArray(stack, aligned, labels);
	x = 10;
	for (i = 0; i < titles.length; i++) {
		selectImage(titles[i]);
		setLocation(x, 130);
		x += 30 + getWidth() * getZoom();
	}
}
