// align_folder.ijm: aligns every stack of a folder; writes the aligned stacks and one table of how well it went.
// Argument, two lines: the folder with the stacks, the folder for the results. Without an argument it asks for them.

lines = split(getArgument(), "\n");
if (lines.length < 2) lines = newArray(getDirectory("Folder with stacks"), getDirectory("Folder for results"));
from = lines[0] + File.separator;
to = lines[1] + File.separator;

run("Sheaf Macro Extensions");
setBatchMode(true);
Table.create("Scores");
files = getFileList(from);
row = 0;
for (i = 0; i < files.length; i++) {
	if (endsWith(files[i], ".tif")) {
		open(from + files[i]);
		title = getTitle();
		n = nSlices;
		run("Sheaf Align...", "model=rigid reference=previous");
		saveAs("Tiff", to + File.getNameWithoutExtension(files[i]) + "-aligned.tif");
		worst = 1;
		for (k = 1; k <= n; k++) worst = minOf(worst, parseFloat(Ext.sheafScore(title, k)));
		Table.set("Stack", row, title, "Scores");
		Table.set("images", row, n, "Scores");
		Table.set("worst_score", row, worst, "Scores");
		row++;
		close("*");
	}
}
Table.update("Scores");
Table.save(to + "scores.csv", "Scores");
