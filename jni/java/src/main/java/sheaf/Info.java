package sheaf;

/** sheaf_info: what a collection of images is. Fields are read and written by the native bridge. */
final class Info {
  int pixel;
  int width;
  int height;
  long slices;
  int channels = 1;
  int depth = 1;
  int frames = 1;
  int flags;
  double spacingX = 1;
  double spacingY = 1;
  double spacingZ = 1;
  double interval;
  String unit;
  double valueOffset;
  double valueScale = 1;
}
