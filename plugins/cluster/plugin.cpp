#include "cluster/images.hpp"

SHEAF_PLUGIN("org.sheaf.cluster", "1.0.0", "Sheaf", "BSD-3-Clause", sheaf::cluster::Images)
