// practice_stack.ijm: draws a stack to practise on: 54 nuclei, 12 of them in touching pairs, under uneven light, drifting,
// bleaching and with noise. Every run draws the same stack; the tutorial (docs/tutorial.md) counts its nuclei.

random("seed", 20);
frames = 8;
width = 420;
height = 340;
margin = 40; // what drifts in at the border was there before

setBatchMode(true);
newImage("cells", "32-bit black", width + 2 * margin, height + 2 * margin, 1);
for (row = 0; row < 6; row++) {
	for (column = 0; column < 8; column++) {
		x = margin + 48 + column * 46 + 8 * (random - 0.5);
		y = margin + 48 + row * 48 + 8 * (random - 0.5);
		pair = (row + column * 5) % 8 == 0;
		if (pair) {
			nucleus(x - 8, y, 17, 20);
			nucleus(x + 8, y + 2, 17, 20);
		} else {
			nucleus(x, y, 16 + 6 * random, 18 + 6 * random);
		}
	}
}
run("Select None");
run("Gaussian Blur...", "sigma=1.5");

newImage("light", "32-bit black", width, height, 1);
run("Macro...", "code=v=1-0.65*((x-150)*(x-150)+(y-120)*(y-120))/110000");

newImage("drifting nuclei", "16-bit black", width, height, frames);
drift = newArray(2 * frames);
for (n = 0; n < 2 * frames; n += 2) {
	drift[n] = 3 + 2 * random;
	drift[n + 1] = 2 * random - 2.5;
}
x = 0;
y = 0;
for (n = 1; n <= frames; n++) {
	selectImage("cells");
	run("Duplicate...", "title=frame");
	run("Translate...", "x=" + x + " y=" + y + " interpolation=Bilinear");
	makeRectangle(margin, margin, width, height);
	run("Crop");
	run("Add...", "value=400");
	run("Multiply...", "value=" + pow(0.97, n - 1));
	imageCalculator("Multiply", "frame", "light");
	random("seed", n); // holds for one image
	run("Add Specified Noise...", "standard=40");
	run("Min...", "value=0");
	run("Copy");
	close("frame");
	selectImage("drifting nuclei");
	setSlice(n);
	run("Paste");
	setMetadata("Label", "frame " + n);
	x += drift[2 * n - 2];
	y += drift[2 * n - 1];
}
close("cells");
close("light");
selectImage("drifting nuclei");
run("Select None");
setSlice(1);
resetMinAndMax();
run("Properties...", "channels=1 slices=1 frames=" + frames + " unit=um pixel_width=0.32 pixel_height=0.32 voxel_depth=1 frame=[60 sec]");
setBatchMode(false);

function nucleus(x, y, w, h) {
	makeOval(x - w / 2, y - h / 2, w, h);
	level = 1800 + 1200 * random;
	run("Set...", "value=" + level);
}
