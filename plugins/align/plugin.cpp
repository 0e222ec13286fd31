#include "align/apply.hpp"
#include "align/bend.hpp"
#include "align/edit_transforms.hpp"
#include "align/points.hpp"
#include "align/refine.hpp"
#include "align/register.hpp"
#include "align/score.hpp"
#include "align/strategies.hpp"

using namespace sheaf::align;

SHEAF_PLUGIN("org.sheaf.align", "1.0.0", "Sheaf", "BSD-3-Clause", Register, Apply, EditTransforms, Points, Score,
             Strategies, Bend, Refine)
