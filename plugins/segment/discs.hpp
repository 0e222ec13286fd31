// Blobs as discs: in label images and as outlines.
#pragma once

#include <span>

#include "blob_detection.hpp"
#include "components.hpp"
#include "outline.hpp"

namespace sheaf::segment {

// Whether a pixel of the disc lies outside the image or the mask.
bool leaves(const Blob &blob, int width, int height, Mask mask);

// Blob i as a disc of label i + 1; 0 elsewhere. Where discs overlap, a pixel goes to that of which it is
// the innermost, in parts of the radius; of equal ones to the first. A disc has its centre's pixel at least.
void draw_discs(std::span<const Blob> blobs, Labels labels, const Poll &poll = never_stop);

// The circle as a polygon, in coordinates whose origin is the outer corner of the first pixel.
Outline circle(const Blob &blob, uint32_t label);

}  // namespace sheaf::segment
