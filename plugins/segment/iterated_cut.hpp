// GrabCut: foreground and background by two mixtures of Gaussians and least cuts in turn.
//
// C. Rother, V. Kolmogorov, A. Blake: "GrabCut": interactive foreground
// extraction using iterated graph cuts, ACM Transactions on Graphics 23(3), 2004.
// The data term is the whole mixture's density, not that of one component:
// J. F. Talbot, X. Xu: Implementing GrabCut, Brigham Young University, 2006.
#pragma once

#include <vector>

#include "grid_cut.hpp"
#include "mixture.hpp"

namespace sheaf::segment {

// What is known of a pixel. Sure ones never change; of the others the probable
// ones start the mixtures, and the unknown ones wait for the first cut.
enum Seed : uint8_t {
  unknown = 0,
  foreground = 1,
  background = 2,
  probable_background = 3,
  probable_foreground = 4,
  outside = 5  // background, and no example of it: not a number
};

struct CutOptions {
  int iterations = 5;
  int components = 5;      // of each mixture, at most 15
  double gamma = 50;       // weight of the border's length
  double grain = 0.01;     // variance given to a component without any
  bool resumable = false;  // the division is left with its Gaussians
};

struct Models {
  Mixture foreground, background;
  bool known() const { return !foreground.empty() && !background.empty(); }
};

// What is known before a division, and after it.
struct Division {
  // Of each pixel. A division leaves those that are sure, and makes the others
  // probable: the side that they are on, or unknown if there was no cut.
  std::vector<Seed> seeds;
  // From 1, the Gaussian of its side that a pixel belongs to; 0: not known. Where
  // both sides have some, a division goes on from there, and n divisions of one
  // iteration are one of n iterations.
  std::vector<uint8_t> gaussians;

  bool is_foreground(size_t i) const { return seeds[i] == foreground || seeds[i] == probable_foreground; }
};

// Divides an image of `width` columns. What decides the first cut: the division
// before; without one `models` if they are known; else what the seeds teach. The
// models are left as learned last. Returns the number of cuts made: fewer
// than asked if nothing changes any more or one side has no pixels left.
int iterated_cut(const Samples &pixels, int width, Division &division, const CutOptions &options, Models &models,
                 const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::segment
