// align_folder.ijm: aligns every stack of a folder; writes the aligned stacks and one table of how well it went.
// Argument, two lines: the folder with the stacks, the folder for the results. Without an argument it asks for them.
//
// scores.csv gets its row when a file is done, so that a night that ends early keeps what was there. Its columns: the
// file; the number of positions (images; of a hyperstack frames, or depths); the lowest score_after, empty if there is
// none; "ok", or the first status that is neither ok nor reference, or why the file could not be aligned.

lines = split(getArgument(), "\n");
if (lines.length < 2) lines = newArray(getDirectory("Folder with stacks"), getDirectory("Folder for results"));
from = lines[0] + File.separator;
to = lines[1] + File.separator;

// what is done with one file; System properties bring it the names, whatever characters they contain
one = "name = call('java.lang.System.getProperty', 'align_folder.name');"
	+ "from = call('java.lang.System.getProperty', 'align_folder.from');"
	+ "to = call('java.lang.System.getProperty', 'align_folder.to');"
	+ "open(from + name);"
	+ "table = 'Alignment of ' + File.getNameWithoutExtension(getTitle());"
	+ "run('Sheaf Align...', 'model=rigid reference=previous');"
	+ "saveAs('Tiff', to + File.getNameWithoutExtension(name) + '-aligned.tif');"
	+ "worst = ''; all = 'ok'; n = Table.size(table);"
	+ "for (k = 0; k < n; k++) {"
	+ "	score = Table.get('score_after', k, table); status = Table.getString('status', k, table);"
	+ "	if (!isNaN(score)) { if (worst == '') worst = score; worst = minOf(worst, score); }"
	+ "	if (all == 'ok' && !matches(status, 'ok|reference')) all = status;"
	+ "}"
	+ "close(table);"
	+ "before = call('java.lang.System.setProperty', 'align_folder.result', '' + n + ',' + worst + ',' + all);";

setBatchMode(true);
scores = to + "scores.csv";
File.saveString("Stack,images,worst_score,status\n", scores);
files = getFileList(from);
for (i = 0; i < files.length; i++) {
	if (endsWith(files[i], ".tif")) {
		before = call("java.lang.System.setProperty", "align_folder.name", files[i]);
		before = call("java.lang.System.setProperty", "align_folder.from", from);
		before = call("java.lang.System.setProperty", "align_folder.to", to);
		before = call("java.lang.System.setProperty", "align_folder.result", "");
		if (isTiff(from + files[i])) {
			// in a macro of its own an error ends that macro alone
			problem = call("ij.Macro.eval", one);
			result = call("java.lang.System.getProperty", "align_folder.result");
			if (result == "") result = ",," + cell(problem);
		} else {
			result = ",,no TIFF file in spite of its name";
		}
		File.append(cell(files[i]) + "," + result, scores);
		close("*");
	}
}

// Of other files ImageJ would say so in a dialog, and wait.
function isTiff(file) {
	start = File.openAsRawString(file, 4);
	if (startsWith(start, "II") || startsWith(start, "MM")) return true;
	return false;
}

// Text for a cell of a CSV file.
function cell(text) {
	text = replace(replace(text, "\n", " "), "\"", "'");
	if (indexOf(text, ",") >= 0) text = "\"" + text + "\"";
	return text;
}
