package sheaf;

import ij.gui.Roi;
import ij.io.RoiDecoder;
import ij.io.RoiEncoder;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Sets of selections as the ROI Manager saves and opens them; works without a screen, which the manager does not. */
final class RoiFiles {
  private RoiFiles() {}

  /** An earlier file of that name is replaced once the new one is complete. */
  static void write(File file, List<Roi> rois) {
    File part = new File(file.getPath() + ".part");
    try {
      try (ZipOutputStream zip = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(part.toPath())))) {
        int n = 0;
        for (Roi roi : rois) {
          zip.putNextEntry(new ZipEntry(String.format("%05d_%s.roi", ++n, roi.getName())));
          byte[] bytes = RoiEncoder.saveAsByteArray(roi);
          if (bytes == null)
            throw new IOException("the selection " + roi.getName() + " cannot be written");
          zip.write(bytes);
          zip.closeEntry();
        }
      }
      Files.move(part.toPath(), file.toPath(), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      part.delete();
      throw SheafException.io(file + " could not be written: " + Messages.reason(e), e);
    }
  }

  static List<Roi> read(File file) {
    List<Roi> rois = new ArrayList<>();
    try (ZipFile zip = new ZipFile(file)) {
      for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements();) {
        ZipEntry entry = entries.nextElement();
        try (InputStream in = zip.getInputStream(entry)) {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          byte[] buffer = new byte[8192];
          for (int length; (length = in.read(buffer)) > 0;) bytes.write(buffer, 0, length);
          Roi roi = new RoiDecoder(bytes.toByteArray(), entry.getName()).getRoi();
          if (roi != null)
            rois.add(roi);
        }
      }
    } catch (IOException e) {
      throw SheafException.io(file + " could not be read: " + Messages.reason(e), e);
    }
    return rois;
  }
}
