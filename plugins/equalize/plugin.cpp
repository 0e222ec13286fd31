#include "match.hpp"

SHEAF_PLUGIN("org.sheaf.equalize", "1.0.0", "Sheaf", "BSD-3-Clause", sheaf::equalize::Match)
