#pragma once

namespace ringlet::detail {

/// Opens /dev/null in the place of stdin, stdout and stderr, if the program was started with them
/// closed. A socket would get their number otherwise, and its peer the lines of the log.
void hold_standard_descriptors() noexcept;

}  // namespace ringlet::detail
