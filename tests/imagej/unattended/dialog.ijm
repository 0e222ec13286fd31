// A dialog that somebody would have to answer, with a message of several lines.
showMessage("Attention", "The first line\nand the second.");
