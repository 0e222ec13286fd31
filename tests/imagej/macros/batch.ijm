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
setBatchMode("exit and display");
ok = isOpen("hidden-aligned-labels");
check(ok, "the result is not shown");
return "ok";
