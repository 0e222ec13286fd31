package sheaf;

import java.lang.annotation.Native;

/** The constants of sheaf_types.h. The native bridge does not compile if one of them differs. */
final class Abi {
  /** Major version of the core that this bridge works with. */
  @Native static final int MAJOR = 1;

  @Native static final int OK = 0;
  @Native static final int CANCELLED = 1;
  @Native static final int INVALID = 2;
  @Native static final int UNSUPPORTED = 3;
  @Native static final int NO_MEMORY = 4;
  @Native static final int IO = 5;
  @Native static final int FAILED = 6;
  @Native static final int INTERNAL = 7;

  @Native static final int U8 = 1;
  @Native static final int U16 = 2;
  @Native static final int F32 = 3;
  @Native static final int RGB = 4;
  @Native static final int LABEL = 5;

  @Native static final int VALUES_CALIBRATED = 1;

  @Native static final int ROI_POINTS = 1;
  @Native static final int ROI_POLYLINE = 2;
  @Native static final int ROI_POLYGON = 3;

  @Native static final int LOG_DEBUG = 0;
  @Native static final int LOG_INFO = 1;
  @Native static final int LOG_WARNING = 2;

  private Abi() {}
}
