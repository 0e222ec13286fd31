// In batch mode the same results are there, and the current image is the result.
run("Sheaf Refresh");
testStack("seen.tif", "16-bit", 5);
run("Sheaf Equalize...", "method=brightness to=base base=2");
same("seen-equalized", getTitle(), "the title");
value = Table.get("brightness_after", 4, "Equalization of seen");

setBatchMode(true);
testStack("hidden.tif", "16-bit", 5);
run("Sheaf Equalize...", "method=brightness to=base base=2");
same("hidden-equalized", getTitle(), "the title");
same(value, Table.get("brightness_after", 4, "Equalization of hidden"), "the value");
samePixels("seen-equalized", "hidden-equalized");

// a second run gets a title of its own
selectImage("hidden.tif");
run("Sheaf Equalize...", "method=brightness to=base base=2");
same("hidden-equalized-1", getTitle(), "the title");

// plots and tables leave the stack current
selectImage("hidden.tif");
before = nImages;
run("Sheaf Cluster...", "k_min=2 k_max=3");
same("hidden.tif", getTitle(), "the current image after clustering");
same(before + 3, nImages, "images after three plots");
same(5, Table.size("Clusters of hidden"), "rows");
run("Sheaf Align...", " ");
same("hidden-aligned", getTitle(), "the title");
run("Sheaf Threshold...", "method=multi_otsu classes=3");
same("hidden-aligned-labels", getTitle(), "the title");

// the window of a table is used again: sorted and edited by the user or not, it then holds the new rows alone
selectImage("hidden-aligned");
run("Sheaf Hysteresis...", "method=otsu");
regions = "Regions of hidden-aligned";
rows = Table.size(regions);
Table.setColumn("mine", Array.getSequence(rows), regions);
Table.sort("area", regions);
Table.deleteRows(0, 0, regions);
Table.update(regions);
edited = call("MacroTest.table", regions);
selectImage("hidden-aligned");
run("Sheaf Hysteresis...", "method=otsu");
current = Table.title;
same(regions, current, "the table that Table functions work on");
same(rows, Table.size(regions), "rows of the table shown again");
again = call("MacroTest.table", regions);
has(edited, "mine", "the edited table");
ok = indexOf(again, "mine") < 0;
check(ok, again);
selectWindow(regions);
run("Close");
selectImage("hidden-aligned");
run("Sheaf Hysteresis...", "method=otsu");
same(call("MacroTest.table", regions), again, "a new window shows");
setBatchMode("exit and display");
ok = isOpen("hidden-aligned-labels");
check(ok, "the result is not shown");
return "ok";
