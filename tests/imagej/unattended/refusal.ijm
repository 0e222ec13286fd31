// A refusal that a dialog would break into lines.
newImage("cells.tif", "8-bit ramp", 60, 40, 1);
call("sheaf.GrabCut.open");
area = parseFloat(call("sheaf.GrabCut.iterate", 1));
call("sheaf.GrabCut.stroke", "background", 1, "10,10");
print("went on");
