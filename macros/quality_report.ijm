// quality_report.ijm: measures the quality of the images of the open stack, lists those that stand out in the Log window
// and, if asked to, makes a stack without them. Of a hyperstack a frame (a depth, where there is one frame) is left out if
// an image of it stands out in any channel.
// Argument: the options of Sheaf Measure Quality, such as "threshold=4", and "keep" for the stack of the good images.
// Without an argument it asks.

options = getArgument();
keep = false;
if (options == "") {
	Dialog.create("Quality Report");
	Dialog.addNumber("Threshold", 5, 1, 6, "robust standard deviations");
	Dialog.addCheckbox("Make a stack without the outliers", false);
	Dialog.show();
	options = "threshold=" + Dialog.getNumber();
	keep = Dialog.getCheckbox();
} else if (matches(options, "(.* )?keep( .*)?")) {
	keep = true;
	options = String.trim(replace(" " + options + " ", " keep ", " "));
	if (options == "") options = " ";
}
stack = getTitle();
id = getImageID();
name = File.getNameWithoutExtension(stack);
run("Sheaf Measure Quality...", options);

table = "Quality of " + name;
n = Table.size(table);
selectImage(id);
getDimensions(width, height, channels, slices, frames);
hyper = Stack.isHyperstack;
depths = 1;
if (hyper && frames > 1) depths = slices;
count = n;
if (hyper) count = n / (channels * depths);
bad = newArray(count);
outliers = 0;
for (i = 0; i < n; i++) {
	verdict = Table.getString("verdict", i, table);
	if (verdict != "ok") {
		outliers++;
		if (hyper) bad[floor(i / (channels * depths))] = 1;
		else bad[i] = 1;
		why = verdict;
		if (verdict == "outlier") why = Table.getString("outlier", i, table);
		print(name + ": image " + (i + 1) + " of " + n + " (" + Table.getString("Label", i, table) + "): " + why);
	}
}
print(name + ": " + outliers + " of " + n + " images stand out");

if (keep) {
	good = "";
	for (k = 0; k < count; k++) {
		if (bad[k] == 0) good += "," + (k + 1);
	}
	if (good == "") exit(name + ": not one image is left");
	good = substring(good, 1);
	if (!hyper) {
		run("Make Substack...", "slices=" + good);
	} else {
		options = "slices=" + good;
		if (frames > 1) options = "slices=1-" + slices + " frames=" + good;
		if (frames > 1 && slices == 1) options = "frames=" + good;
		if (channels > 1) options = "channels=1-" + channels + " " + options;
		run("Make Substack...", options);
	}
	rename(name + "-good");
}
