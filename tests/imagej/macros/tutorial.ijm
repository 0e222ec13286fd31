// The blocks of docs/tutorial.md, one after the other, do what the page says.
page = File.openAsString(call("java.lang.System.getProperty", "test.macros") + "/../../../docs/tutorial.md");
blocks = split(page, "(```ijm\n)");
same(9, blocks.length, "parts of the page around its blocks");
for (i = 1; i < blocks.length; i++) {
	problem = call("ij.Macro.eval", substring(blocks[i], 0, indexOf(blocks[i], "```")));
	if (problem != "" && problem != "0") call("MacroTest.fail", "block " + i + ": " + problem);
	if (i == 1) same("drifting nuclei", getTitle(), "the stack");
	if (i == 2) {
		for (n = 0; n < nSlices; n++) {
			objects = Table.get("objects", n, "Threshold of drifting nuclei");
			ok = objects == 47 || objects == 48;
			check(ok, "frame " + n + " has " + objects + " objects");
		}
	}
	if (i == 6) {
		title = "Alignment of drifting nuclei-corrected-equalized";
		for (n = 1; n < nSlices; n++) {
			status = Table.getString("status", n, title);
			same("ok", status, "status of frame " + n);
			score = Table.get("score_after", n, title);
			ok = score > 0.98;
			check(ok, "the score of frame " + n + " is " + score);
		}
	}
	if (i >= 7) {
		same(8, Table.size("Watershed of nuclei"), "frames counted");
		for (n = 0; n < 8; n++) {
			objects = Table.get("objects", n, "Watershed of nuclei");
			same(48, objects, "objects of frame " + n);
			nuclei = Table.get("regions", n, "Watershed of nuclei");
			same(54, nuclei, "nuclei of frame " + n);
		}
	}
}
same(8 * 54, Table.size("Regions of nuclei"), "rows, one for each nucleus");
return "ok";
