// Transforms as things of their own: a list with one for each position of a
// collection, kept in files, inverted, composed, smoothed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "align/transform.hpp"

namespace sheaf::align {

// TurboReg's bilinear model: x' = x[0] + x[1] X + x[2] Y + x[3] X Y, y' likewise.
// Neither closed under composition nor under inversion.
struct Bilinear {
  std::array<double, 4> x = {0, 1, 0, 0}, y = {0, 0, 1, 0};
  Point operator()(double X, double Y) const {
    return {x[0] + x[1] * X + x[2] * Y + x[3] * X * Y, y[0] + y[1] * X + y[2] * Y + y[3] * X * Y};
  }
};

// The affine transform that equals b at (x, y) and has its derivative there.
Transform derivative(const Bilinear &b, double x, double y);

struct ListedTransform {
  std::string label;
  Transform matrix;                  // from output to input pixel coordinates, as everywhere
  std::optional<Bilinear> bilinear;  // if set, `matrix` is its derivative at the image's centre
  std::string status = "ok";         // as in the table "alignment"

  // What the transform is on row y. A bilinear one is affine along a row, so whatever
  // walks along rows needs no other case.
  Transform on_row(int y) const;
};

struct TransformList {
  int width = 0, height = 0;  // of the images; 0: the file did not say
  std::string model;          // key of the parameter `model`, or "bilinear"; empty: unknown
  std::vector<ListedTransform> images;
};

// The format follows from the content: Sheaf's JSON or CSV (also the table
// "alignment" as ImageJ and the command line save it), MultiStackReg's transform
// file, TurboReg's landmark file. Throws sheaf::Error(SHEAF_IO or SHEAF_INVALID)
// with one sentence that begins with the parameter's key.
TransformList read_transforms(const std::string &path, const std::string &key);

// JSON if the name ends in .json, MultiStackReg's format for .txt, otherwise CSV.
void write_transforms(const std::string &path, const TransformList &list, const std::string &key);

// Throws unless a list of this model could be written there: called before long work
// whose transforms are saved. Nothing is asked of an empty path. It must be none of `inputs`, the files
// that the run reads.
void require_savable(const std::string &path, const std::string &model, const std::string &key,
                     std::initializer_list<std::string> inputs = {});

// Refuses a list that does not fit a collection: `count` positions of width x height.
// One transform fits any count.
void require_fit(const TransformList &list, int64_t count, int width, int height, const std::string &key);

// The transforms of a file for a collection, one for each position, or identities
// if `path` is empty; refused if they do not fit.
TransformList list_for(const std::string &path, const std::string &key, int64_t count, int width, int height);

TransformList inverted(const TransformList &list);
// out(x) = in(first(second(x))): the images were moved by `first`, the result by `second`.
TransformList composed(const TransformList &first, const TransformList &second);

// What the column reason says of an image, or of its reference, in a row whose status is degenerate.
std::string degenerate_reason(bool reference);
// And where it is worse_than_identity.
std::string worse_reason(double score_before, double score_after);

// Sentences about the images whose status is neither ok nor reference, by their position, from 1;
// empty if there are none: "2 of 12 images have no reliable transform: 4 (no_match), 9 (degenerate); the
// table says why", and the same of those whose transform was found, but is inexact.
struct Concerns {
  std::string failed, rough;
};
Concerns concerns(const TransformList &list, const std::string &thing);

enum class Smoothing { mean, gaussian, median };
// Smooths the course of the corners of the image over positions: `width` positions
// (mean, median: the window; gaussian: the standard deviation). Positions whose status
// is degenerate take no part and get what their neighbours suggest.
TransformList smoothed(const TransformList &list, Smoothing how, double width);

}  // namespace sheaf::align
