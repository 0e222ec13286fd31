package sheaf;

import ij.ImageListener;
import ij.ImagePlus;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells jobs and tools what becomes of their images. There is one listener for all of them, for good: ImageJ walks its
 * list of listeners on AWT's thread without a lock, and one that is removed meanwhile gives the user a stack trace.
 */
final class ImageEvents implements ImageListener {
  /** Hears of all images, on AWT's thread or that of who changes the image. */
  interface Watcher {
    void imageClosed(ImagePlus image);

    default void imageUpdated(ImagePlus image) {}
  }

  private static final Set<Watcher> WATCHERS = ConcurrentHashMap.newKeySet();

  static {
    ImagePlus.addImageListener(new ImageEvents());
  }

  private ImageEvents() {}

  static void watch(Watcher watcher) {
    WATCHERS.add(watcher);
  }

  static void forget(Watcher watcher) {
    WATCHERS.remove(watcher);
  }

  @Override
  public void imageOpened(ImagePlus image) {}

  @Override
  public void imageUpdated(ImagePlus image) {
    for (Watcher watcher : WATCHERS) watcher.imageUpdated(image);
  }

  @Override
  public void imageClosed(ImagePlus image) {
    for (Watcher watcher : WATCHERS) watcher.imageClosed(image);
  }
}
