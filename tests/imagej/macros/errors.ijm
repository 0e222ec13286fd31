// What cannot work stops the macro with one sentence, and leaves images, locks and tables as they were.
run("Sheaf Refresh");
message = errorOf("Sheaf Align...", " ");
same("There are no images open", message, "no image");

newImage("one.tif", "8-bit ramp", 60, 40, 1);
message = errorOf("Sheaf Cluster...", "k_min=2");
has(message, "1 image given", "too few");
close("*");

testStack("cells.tif", "8-bit", 4);
message = errorOf("Sheaf Align...", "model=rigit");
has(message, "did you mean rigid?", "misspelt choice");
message = errorOf("Sheaf Align...", "modle=rigid");
has(message, "did you mean model?", "unknown key");
message = errorOf("Sheaf Align...", "base=9 reference=base");
has(message, "base: 9 given", "base");
message = errorOf("Sheaf Threshold...", "classes=nan method=multi_otsu");
has(message, "classes:", "NaN");
message = errorOf("Sheaf Threshold...", "classes=90 method=multi_otsu");
has(message, "classes: 90 given", "out of range");
message = errorOf("Sheaf Threshold...", "classes=many method=multi_otsu");
has(message, "needs a whole number", "text");

makeLine(1, 1, 20, 20);
message = errorOf("Sheaf Equalize...", " ");
has(message, "selection: a straight line selection encloses no area", "a line");
makePoint(5, 5);
message = errorOf("Sheaf Equalize...", " ");
has(message, "selection: a point selection encloses no area", "a point");
makeRectangle(5, 5, 10, 10);
run("Sheaf Equalize...", " ");
close();
run("Select None");

message = errorOf("Sheaf Test Fail...", "how=message");
has(message, "threshold: there is nothing above it", "a plugin's failure");
message = errorOf("Sheaf Test Fail...", "how=exception");
has(message, "vector out of range", "an exception");
message = errorOf("Sheaf Test Fail...", "how=memory");
has(message, "budget", "memory");

same(1, nImages, "images");
// the image is free: the next command works
selectImage("cells.tif");
run("Sheaf Test Copy");
samePixels("cells.tif", "cells-copy");
close("*");

// constant images are degenerate, not fatal
newImage("flat.tif", "8-bit", 60, 40, 4);
run("Sheaf Equalize...", " ");
status = Table.getString("status", 0, "Equalization of flat");
same("degenerate", status, "the status");
selectImage("flat.tif");
run("Sheaf Align...", " ");
run("Sheaf Threshold...", " ");
close("*");
return "ok";
