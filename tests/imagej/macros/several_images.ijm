// An operation that compares stacks: the first is the current image, the others are named.
run("Sheaf Refresh");
testStack("cells.tif", "8-bit", 4);
run("Sheaf Align...", "model=translation reference=first");
selectImage("cells.tif");
run("Sheaf Score Alignment...", "after=cells-aligned");
same(4, Table.size("Scores of cells"), "rows");
same("cells-changes", getTitle(), "the title");
close("cells-changes");

// a title with a blank; an image by its number
selectImage("cells-aligned");
rename("cells after");
after = getImageID();
selectImage("cells.tif");
run("Sheaf Score Alignment...", "after=[cells after]");
first = Table.get("ncc_after", 2, "Scores of cells");
close("cells-changes");
selectImage("cells.tif");
run("Sheaf Score Alignment...", "after=" + after);
same(first, Table.get("ncc_after", 2, "Scores of cells"), "the score");
close("cells-changes");

selectImage("cells.tif");
message = errorOf("Sheaf Score Alignment...", "after=nothing");
has(message, "after: no open image is called \"nothing\"; open are cells.tif, cells after", "after=nothing");
message = errorOf("Sheaf Score Alignment...", " ");
has(message, "after: no image given; write after=[title of an open image]", " ");
message = errorOf("Sheaf Score Alignment...", "third=[cells after] after=none");
has(message, "after: no image given", "third=[cells after] after=none");
close("*");
return "ok";
