// Virtual stacks stream; results above the limit become virtual stacks on disk.
folder = getArgument();
run("Sheaf Refresh");
testStack("cells.tif", "16-bit", 12);
saveAs("Tiff", folder + "cells.tif");
run("Sheaf Align...", " ");
rename("expected");
selectImage("cells.tif");
close();

run("TIFF Virtual Stack...", "open=[" + folder + "cells.tif]");
ok = is("Virtual Stack");
check(ok, "the input is not virtual");
run("Sheaf Align...", " ");
ok = !is("Virtual Stack");
check(ok, "a small result is on disk");
samePixels("expected", "cells-aligned");
close();

File.makeDirectory(folder + "results");
run("Sheaf Settings...", "memory=0 limit=0.01 folder=[" + folder + "results]");
selectImage("cells.tif");
run("Sheaf Align...", " ");
ok = is("Virtual Stack");
check(ok, "a large result is in memory");
ok = File.exists(folder + "results/cells-aligned.tif");
check(ok, "there is no file");
samePixels("expected", "cells-aligned");
close();
open(folder + "results/cells-aligned.tif");
rename("reopened");
samePixels("expected", "reopened");
close();

// a file that disappears
run("Sheaf Settings...", "memory=0 limit=0 folder=[]");
selectImage("cells.tif");
File.rename(folder + "cells.tif", folder + "elsewhere.tif");
message = errorOf("Sheaf Align...", " ");
ok = indexOf(message, "could not be read: the file") > 0 && indexOf(message, "is gone") > 0;
check(ok, message);
File.rename(folder + "elsewhere.tif", folder + "cells.tif");

// a folder that is not there
message = errorOf("Sheaf Settings...", "folder=[" + folder + "nowhere]");
ok = indexOf(message, "there is no folder") > 0;
check(ok, message);
message = errorOf("Sheaf Settings...", "limit=-1");
ok = indexOf(message, "limit: \"-1\" given") == 0;
check(ok, message);
return "ok";
