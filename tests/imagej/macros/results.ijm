// Tables, plots, regions and the Ext functions.
run("Sheaf Refresh");
run("Sheaf Macro Extensions");
version = Ext.sheafVersion();
ok = matches(version, "[0-9]+\\.[0-9]+\\.[0-9]+");
check(ok, version);

testStack("cells.tif", "8-bit", 6);
run("Sheaf Align...", "model=translation reference=first");
score = parseFloat(Ext.sheafScore("cells.tif", 2));
same(score, Table.get("score_after", 1, "Alignment of cells"), "the score");
same("image 2", Ext.sheafValue("Alignment of cells", "Label", 1), "the label");
same(6, parseInt(Ext.sheafRows("Alignment of cells")), "rows");
selectImage("cells.tif");
run("Sheaf Cluster...", "k=2");
same("2", Ext.sheafClusters("cells"), "clusters");
same("cells.tif", getTitle(), "the current image");
wait(500);
same("cells.tif", getTitle(), "the current image a moment later");
plots = 0;
for (i = 1; i <= nImages; i++) {
	selectImage(i);
	if (getInfo("window.type") == "Plot") plots++;
}
same(3, plots, "plot windows");

// the next run on the image replaces its plots, and says that it does not use the selection
before = nImages;
selectImage("cells.tif");
makeRectangle(5, 5, 20, 20);
print("\\Clear");
run("Sheaf Cluster...", "k=3");
same(before, nImages, "images after another run");
has(getInfo("log"), "Sheaf Cluster: cells.tif: the selection is not used", "the log");
selectImage("cells.tif");
run("Select None");

message = call("ij.Macro.eval", "run('Sheaf Macro Extensions'); Ext.sheafScore('nothing', 1); call('MacroTest.fail', 'the macro went on');");
ok = indexOf(message, "there is no table \"Alignment of nothing\"") > 0;
check(ok, message);

// regions go where they are wanted
selectImage("cells.tif");
run("Sheaf Test Shapes", "regions=none");
same(0, Overlay.size, "no regions");
run("Sheaf Test Shapes", "regions=overlay");
same(4, Overlay.size, "regions in the overlay");
Overlay.remove;
run("Sheaf Test Shapes", "regions=manager");
same(4, roiManager("count"), "regions in the manager");
same(0, Overlay.size, "the overlay");
roiManager("select", RoiManager.getIndex("Label-005"));
name = Roi.getName;
same("Label-005", name, "the name");
Roi.getPosition(c, z, t);
same(2, getSliceNumber(), "the position");
ok = Roi.contains(2, 2) && !Roi.contains(6, 6);
check(ok, "the hole");
selectWindow("Dendrogram of cells");
selectWindow("Histogram of cells");

// labels have their colours
selectImage("cells.tif");
run("Select None");
run("Sheaf Threshold...", "method=otsu");
same(16, bitDepth(), "the type of labels");
getMinAndMax(min, max);
ok = min == 0 && max >= 1;
check(ok, "the display range");
getLut(r, g, b);
ok = r[0] == 0 && r[255] + g[255] + b[255] > 0;
check(ok, "the lookup table");
run("Sheaf System Check");
ok = Table.size("Sheaf System Check") > 8;
check(ok, "system check");
return "ok";
