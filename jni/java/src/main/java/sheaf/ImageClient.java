package sheaf;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;

/** The half of a client that gives images; results without a taker are dropped. */
class ImageClient extends Client {
  final Schema schema;
  final List<ImageInput> inputs = new ArrayList<>();

  ImageClient(Schema schema, List<ImagePlus> images) {
    this.schema = schema;
    for (ImagePlus image : images) {
      Schema.Input accepted = inputs.size() < schema.inputs.size() ? schema.inputs.get(inputs.size()) : null;
      inputs.add(new ImageInput(image, accepted));
      if (accepted != null && accepted.roi)
        inputs.get(inputs.size() - 1).mask(); // a selection that cannot be used is known before any work
    }
  }

  @Override
  Info inputInfo(int input) {
    return inputs.get(input).info();
  }

  @Override
  String sliceLabel(int input, long n) {
    return inputs.get(input).label(n);
  }

  @Override
  Object readSlice(int input, long n) {
    return inputs.get(input).pixels(n);
  }

  @Override
  byte[] readMask(int input) {
    return inputs.get(input).mask();
  }

  @Override
  boolean wanted(String name) {
    return false;
  }

  @Override
  void outputBegin(int output, String name, Info info) {}

  @Override
  void writeSlice(int output, long n, Object pixels, int largest) {}

  @Override
  void column(String table, String column, double[] numbers, String[] texts) {}

  @Override
  void roi(int kind, long slice, float[] xy, int[] ringEnds, int label, double score, String name) {}

  @Override
  void json(String kind, String json) {}

  @Override
  void progress(double fraction, String text) {}

  @Override
  void log(int level, String message) {}
}
