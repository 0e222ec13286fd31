// Transforms that TurboReg and MultiStackReg have saved as pairs of points.
#pragma once

#include "align/transforms.hpp"

namespace sheaf::align {

// TurboReg's landmark file: the model, the sizes of source and target, and as many
// points of each as the model needs (translation 1, rigid 3, scaled rotation 2,
// affine 3, bilinear 4). Gives one transform from target to source coordinates.
bool is_turboreg(std::string_view text);
TransformList parse_turboreg(std::string_view text, const std::string &key);

// MultiStackReg's transformation file: blocks of three source and three target
// points. Its third line says whether each block stands for itself (1) or continues
// that of the neighbour nearer to the target image (0, as StackReg propagates).
bool is_multistackreg(std::string_view text);
TransformList parse_multistackreg(std::string_view text, const std::string &key);

// As blocks that stand for themselves. Throws if a transform is not affine.
std::string multistackreg_text(const TransformList &list, const std::string &key);

}  // namespace sheaf::align
