// representatives.ijm: groups the images of the open stack and makes a stack of one image from each group, the one that
// stands for it best. Argument: the options of Sheaf Cluster, such as "k=5"; without any, the number of groups is chosen.

options = getArgument();
if (options == "") options = " ";
stack = getTitle();
run("Sheaf Cluster...", options);

table = "Clusters of " + File.getNameWithoutExtension(stack);
chosen = "";
for (i = 0; i < Table.size(table); i++) {
	if (Table.get("representative", i, table) > 0) chosen += "," + (i + 1);
}
selectImage(stack);
run("Make Substack...", "slices=" + substring(chosen, 1));
rename(File.getNameWithoutExtension(stack) + "-representatives");
