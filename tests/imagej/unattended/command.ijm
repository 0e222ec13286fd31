// A refusal of a command that a dialog would break into lines.
newImage("cells.tif", "8-bit ramp", 60, 40, 1);
run("Sheaf GrabCut...", "annotations=[no image of this long name is open here at all, be it ever so often asked for]");
