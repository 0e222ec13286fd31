package sheaf;

import ij.ImageListener;
import ij.ImagePlus;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells jobs that one of their images was closed. There is one listener for all of them, for good: ImageJ walks its
 * list of listeners on AWT's thread without a lock, and one that is removed meanwhile gives the user a stack trace.
 */
final class ClosedImages implements ImageListener {
  private static final Set<Job> JOBS = ConcurrentHashMap.newKeySet();

  static {
    ImagePlus.addImageListener(new ClosedImages());
  }

  private ClosedImages() {}

  static void watch(Job job) {
    JOBS.add(job);
  }

  static void forget(Job job) {
    JOBS.remove(job);
  }

  @Override
  public void imageOpened(ImagePlus image) {}

  @Override
  public void imageUpdated(ImagePlus image) {}

  @Override
  public void imageClosed(ImagePlus image) {
    for (Job job : JOBS) job.imageClosed(image);
  }
}
