#include "align/drift.hpp"

namespace sheaf::align {

void plot_drift(const Run &run, const TransformList &list) {
  static constexpr struct {
    const char *name, *axis;
    double Description::*value;
  } curves[] = {{"drift_x", "shift in x (px)", &Description::shift_x},
                {"drift_y", "shift in y (px)", &Description::shift_y},
                {"drift_angle", "rotation (degrees)", &Description::angle}};
  for (const auto &curve : curves) {
    if (!run.wanted(curve.name)) continue;
    std::vector<double> x, y;
    for (const auto &image : list.images) {
      x.push_back(static_cast<double>(x.size() + 1));
      y.push_back(describe(image.matrix, list.width, list.height).*curve.value);
    }
    Json plot;
    plot.object().key("name").value(curve.name).key("kind").value("curve");
    plot.key("x_label").value("position").key("y_label").value(curve.axis);
    plot.key("x").value(x).key("y").value(y).end();
    run.plot(plot);
  }
}

}  // namespace sheaf::align
