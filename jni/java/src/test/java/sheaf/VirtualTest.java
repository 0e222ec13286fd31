package sheaf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.Prefs;
import ij.VirtualStack;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.io.FileSaver;
import ij.io.Opener;
import ij.plugin.FileInfoVirtualStack;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stacks that are not in memory: as input, and as a result on disk. */
class VirtualTest {
  @TempDir File folder;

  private Result run(ImagePlus image, String operation, String options) {
    Map<String, String> given = Options.parse(options, name -> null);
    return Sheaf.run(Fixtures.session(), Collections.singletonList(image), operation, given, folder);
  }

  /** A stack made on the fly which, as ImageJ allows, hands out the same array for every image. */
  private static ImageStack generated(int width, int height, int count) {
    return new VirtualStack(width, height, count) {
      private final short[] pixels = new short[width * height];

      @Override
      public ImageProcessor getProcessor(int n) {
        for (int i = 0; i < pixels.length; i++) pixels[i] = (short) (1000 * n + i);
        return new ShortProcessor(width, height, pixels, null);
      }

      @Override
      public int getBitDepth() {
        return 16;
      }

      @Override
      public String getSliceLabel(int n) {
        return "t" + n;
      }
    };
  }

  @Test
  void aStackThatReusesItsArrayIsReadImageByImage() {
    ImagePlus image = new ImagePlus("made", generated(20, 10, 50));
    assertTrue(image.getStack().isVirtual());
    Result result = Fixtures.run(image, "test.copy", "");
    assertFalse(result.image().getStack().isVirtual());
    for (int n = 1; n <= 50; n++)
      assertEquals((1000 * n + 33) & 0xffff, result.image().getStack().getProcessor(n).get(33));
    assertEquals("t9", result.table().texts("Label")[8]);
  }

  @Test
  void tiffStacksStreamAndAVanishedFileIsASentence() throws IOException {
    ImagePlus image = Fixtures.stack(16, 30, 20, 6);
    File file = new File(folder, "in.tif");
    assertTrue(new FileSaver(image).saveAsTiffStack(file.getPath()));
    ImagePlus virtual = FileInfoVirtualStack.openVirtual(file.getPath());
    assertTrue(virtual.getStack().isVirtual());
    Fixtures.assertSamePixels(image, Fixtures.run(virtual, "test.copy", "").image());

    assertTrue(file.renameTo(new File(folder, "away.tif")));
    SheafException e = assertThrows(SheafException.class, () -> Fixtures.run(virtual, "test.copy", ""));
    assertEquals("io", e.status());
    assertTrue(
        e.getMessage().matches("image \\d of in.tif could not be read: the file .*in.tif is gone"), e.getMessage());
    assertFalse(virtual.isLocked());
  }

  @Test
  void aFileThatDisappearsMidwayIsASentence() throws Exception {
    ImagePlus image = Fixtures.stack(16, 30, 20, 10);
    File file = new File(folder, "in.tif");
    assertTrue(new FileSaver(image).saveAsTiffStack(file.getPath()));
    ImagePlus virtual = FileInfoVirtualStack.openVirtual(file.getPath());
    File results = new File(folder, "results");
    assertTrue(results.mkdir());
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    Thread worker = new Thread(() -> {
      try {
        Sheaf.run(Fixtures.session(), Collections.singletonList(virtual), "test.slow",
            Collections.singletonMap("seconds", 5), results);
      } catch (Throwable e) {
        outcome.set(e);
      }
    });
    worker.start();
    while (results.list().length == 0 && worker.isAlive()) Thread.sleep(5); // some images have been read
    assertTrue(worker.isAlive(), () -> "ended before its file was taken away: " + outcome.get());
    Thread.sleep(600);
    assertTrue(file.delete());
    worker.join();
    assertTrue(outcome.get().getMessage().matches("image \\d+ of in.tif could not be read: the file .*in.tif is gone"),
        String.valueOf(outcome.get()));
    assertFalse(virtual.isLocked());
    assertEquals(0, results.list().length);
  }

  @Test
  void aFileThatIsCutShortMidwayIsASentence() throws IOException {
    ImagePlus image = Fixtures.stack(16, 30, 20, 6);
    File file = new File(folder, "in.tif");
    assertTrue(new FileSaver(image).saveAsTiffStack(file.getPath()));
    ImagePlus virtual = FileInfoVirtualStack.openVirtual(file.getPath());
    ImageInput input = new ImageInput(virtual, null);
    input.pixels(0);
    try (java.io.RandomAccessFile cut = new java.io.RandomAccessFile(file, "rw")) {
      cut.setLength(cut.length() / 2);
    }
    SheafException e = assertThrows(SheafException.class, () -> input.pixels(5));
    assertTrue(e.getMessage().contains("became shorter"), e.getMessage());
  }

  @Test
  void foldersOfImagesStreamAndAVanishedImageIsASentence() throws IOException {
    ImagePlus image = Fixtures.stack(8, 30, 20, 4);
    VirtualStack stack = new VirtualStack(30, 20, null, folder.getPath());
    for (int n = 1; n <= 4; n++) {
      new FileSaver(new ImagePlus("", image.getStack().getProcessor(n)))
          .saveAsTiff(new File(folder, "i" + n + ".tif").getPath());
      stack.addSlice("i" + n + ".tif");
    }
    stack.setBitDepth(8);
    ImagePlus virtual = new ImagePlus("folder", stack);
    Fixtures.assertSamePixels(image, Fixtures.run(virtual, "test.copy", "").image());
    assertTrue(new File(folder, "i3.tif").delete());
    SheafException e = assertThrows(SheafException.class, () -> Fixtures.run(virtual, "test.copy", ""));
    assertTrue(e.getMessage().startsWith("image 3 of folder could not be read: the file "), e.getMessage());
  }

  @Test
  void imagesOfDifferentSizeOrTypeAreNamed() {
    ImageStack odd = new VirtualStack(10, 10, 3) {
      @Override
      public ImageProcessor getProcessor(int n) {
        return n == 2 ? new ByteProcessor(12, 10) : n == 3 ? new ShortProcessor(10, 10) : new ByteProcessor(10, 10);
      }
    };
    ImagePlus image = new ImagePlus("odd", odd);
    SheafException e = assertThrows(SheafException.class, () -> Fixtures.run(image, "test.copy", ""));
    assertTrue(e.getMessage().equals("image 2 of odd is 12 x 10 pixels, the first is 10 x 10; all must be of one size")
            || e.getMessage().startsWith("image 3 of odd is of another type"),
        e.getMessage());
  }

  @Test
  void aStackThatThrowsIsASentence() {
    ImageStack broken = new VirtualStack(10, 10, 3) {
      @Override
      public ImageProcessor getProcessor(int n) {
        if (n > 1)
          throw new IllegalStateException("the server has hung up");
        return new ByteProcessor(10, 10);
      }
    };
    SheafException e =
        assertThrows(SheafException.class, () -> Fixtures.run(new ImagePlus("remote", broken), "test.copy", ""));
    assertTrue(e.getMessage().contains("the server has hung up"), e.getMessage());
    assertEquals("io", e.status());
    assertTrue(e.getCause() != null);
  }

  @Test
  void resultsOnDiskAreTheSameAsInMemory() {
    for (int bits : new int[] {8, 16, 24, 32}) {
      Prefs.intelByteOrder = bits != 16; // both orders are ImageJ's
      ImagePlus image = Fixtures.stack(bits, 33, 21, 5);
      image.getCalibration().setUnit("um");
      image.getCalibration().pixelWidth = 0.5;
      image.setProperty("Info", "of " + bits);
      image.setOverlay(new Overlay(new Roi(1, 2, 3, 4)));
      if (bits != 24)
        image.setDisplayRange(3, 99);
      ImagePlus result = run(image, "test.copy", "").image();
      assertTrue(result.getStack().isVirtual());
      Fixtures.assertSamePixels(image, result);
      assertEquals(image.getBitDepth(), result.getBitDepth());

      // the file is a TIFF stack as ImageJ saves it
      File file = new File(folder,
          bits == 8 ? "pc12-copy.tif"
                    : "pc12-copy-"
                  + (bits == 16        ? 1
                          : bits == 24 ? 2
                                       : 3)
                  + ".tif");
      ImagePlus opened = new Opener().openImage(file.getPath());
      Fixtures.assertSamePixels(image, opened);
      assertEquals("image 4", opened.getStack().getSliceLabel(4));
      assertEquals(0.5, opened.getCalibration().pixelWidth, 1e-6);
      assertEquals("of " + bits, opened.getProperty("Info"));
      assertEquals(1, opened.getOverlay().size());
      if (bits != 24)
        assertEquals(99, opened.getDisplayRangeMax());
    }
  }

  @Test
  void resultsOnDiskHaveADirectoryForEachImage() throws IOException {
    ImagePlus image = Fixtures.stack(16, 33, 21, 5);
    run(image, "test.copy", "");
    Path file = new File(folder, "pc12-copy.tif").toPath();
    ByteBuffer tiff = ByteBuffer.wrap(Files.readAllBytes(file));
    if (tiff.get(0) == 'I')
      tiff.order(ByteOrder.LITTLE_ENDIAN);
    int directories = 0;
    for (int at = tiff.getInt(4); at != 0; directories++) {
      int entries = tiff.getShort(at);
      int strip = -1;
      for (int e = 0; e < entries; e++) {
        if (tiff.getShort(at + 2 + 12 * e) == 273)
          strip = tiff.getInt(at + 2 + 12 * e + 8);
      }
      assertEquals((short) image.getStack().getProcessor(directories + 1).get(7), tiff.getShort(strip + 14));
      at = tiff.getInt(at + 2 + 12 * entries);
    }
    assertEquals(5, directories);
  }

  @Test
  void hyperstacksOnDiskKeepTheirShape() {
    ImagePlus plain = Fixtures.stack(16, 12, 10, 12);
    plain.setDimensions(2, 3, 2);
    plain.setOpenAsHyperStack(true);
    ImagePlus image = new CompositeImage(plain, IJ.COMPOSITE);
    ImagePlus result = run(image, "test.copy", "").image();
    assertArrayEquals(image.getDimensions(), result.getDimensions());
    assertTrue(result.isComposite() && result.getStack().isVirtual());
    ImagePlus opened = new Opener().openImage(new File(folder, "pc12-copy.tif").getPath());
    assertArrayEquals(image.getDimensions(), opened.getDimensions());
    assertTrue(opened.isComposite());
    Fixtures.assertSamePixels(image, opened);
  }

  @Test
  void labelsOnDiskAreWidenedWhenALargeOneComes() {
    ImagePlus image = Fixtures.stack(8, 16, 16, 4);
    ImagePlus inMemory = Fixtures.run(image, "test.labels", "factor=60000 only=3").image();
    ImagePlus result = run(image, "test.labels", "factor=60000 only=3").image();
    assertEquals(32, result.getBitDepth());
    Fixtures.assertSamePixels(inMemory, result);
    assertEquals(inMemory.getDisplayRangeMax(), result.getDisplayRangeMax());
    assertEquals(16, run(image, "test.labels", "factor=2").image().getBitDepth());
  }

  @Test
  void croppedImagesMayComeInAnyOrder() {
    ImagePlus image = Fixtures.stack(8, 12, 10, 6);
    Fixtures.assertSamePixels(Fixtures.run(image, "test.crop", "").image(), run(image, "test.crop", "").image());
  }

  @Test
  void aFolderThatCannotBeWrittenIsASentence() {
    ImagePlus image = Fixtures.stack(8, 12, 10, 6);
    File missing = new File(folder, "missing");
    SheafException e = assertThrows(SheafException.class,
        ()
            -> Sheaf.run(
                Fixtures.session(), Collections.singletonList(image), "test.copy", Collections.emptyMap(), missing));
    assertEquals("io", e.status());
    assertTrue(e.getMessage().startsWith("disk: the result could not be written to " + missing), e.getMessage());
    assertFalse(image.isLocked());
  }

  @Test
  void aResultLargerThanTheDiskIsRefusedBeforeTheWork() {
    ImagePlus image = new ImagePlus("huge", new VirtualStack(2000, 2000, 500000));
    SheafException e = assertThrows(SheafException.class, () -> run(image, "test.copy", ""));
    assertTrue(
        e.getMessage().matches(
            "disk: the result needs \\d+ MB, the folder .* has \\d+ MB left; choose another one in Sheaf Settings"),
        e.getMessage());
    assertEquals(0, folder.list().length);
  }

  @Test
  void aFullDiskIsASentenceAndLeavesNoFile() throws Exception {
    // a limit on the size of files makes writing fail as a full disk does
    List<String> limited = Arrays.asList("bash", "-c", "ulimit -f 100; exec \"$@\"", "bash");
    String said = Fixtures.child(folder, limited, Collections.emptyList(), FullDisk.class, folder.getPath());
    assertTrue(
        said.matches("(?s).*io: disk: writing .*pc12-copy.tif failed \\(.+\\); the incomplete file was removed.*"),
        said);
    assertFalse(new File(folder, "pc12-copy.tif").exists());
  }

  /** Run as a program by the test above. */
  static final class FullDisk {
    public static void main(String[] arguments) {
      try {
        Sheaf.run(Fixtures.session(), Collections.singletonList(Fixtures.stack(16, 200, 200, 10)), "test.copy",
            Collections.emptyMap(), new File(arguments[0]));
        System.out.println("no failure");
      } catch (SheafException e) {
        System.out.println(e.status() + ": " + e.getMessage());
      }
    }
  }

  @Test
  void aStoppedRunLeavesNoFile() throws Exception {
    ImagePlus image = Fixtures.stack(16, 30, 20, 6);
    Thread.currentThread().interrupt();
    assertThrows(SheafException.Cancelled.class, () -> run(image, "test.slow", "seconds=30"));
    assertTrue(Thread.interrupted());
    assertEquals(0, folder.list().length);
    assertFalse(image.isLocked());
  }

  @Test
  void stacksLargerThanTheFileFormatsPointersAreWritten() throws IOException {
    // 4.4 GB, of which only the touched images take room on the disk
    Schema.Output spec = new Schema(Fixtures.session().schema("test.copy")).outputs.get(0);
    Info info = new Info();
    info.pixel = Abi.U8;
    info.width = 10000;
    info.height = 10000;
    info.slices = 44;
    info.depth = 44;
    assertTrue(folder.getUsableSpace() > 5_000_000_000L, folder + " has too little space left for this test");
    DiskOutput output = new DiskOutput(spec, info, null, folder, "large");
    byte[] pixels = new byte[10000 * 10000];
    pixels[12345] = 77;
    for (int n : new int[] {43, 0}) output.write(n, pixels, 0);
    ImagePlus large = output.finish("large");
    assertEquals(77, large.getStack().getProcessor(44).get(12345));
    assertTrue(output.file().length() > 0xffffffffL);
    ImagePlus opened = FileInfoVirtualStack.openVirtual(output.file().getPath());
    assertEquals(44, opened.getStackSize());
    assertEquals(77, opened.getStack().getProcessor(44).get(12345));
    output.discard();
  }
}
