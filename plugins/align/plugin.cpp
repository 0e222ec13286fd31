#include "align/register.hpp"

SHEAF_PLUGIN("org.sheaf.align", "1.0.0", "Sheaf", "BSD-3-Clause", sheaf::align::Register)
