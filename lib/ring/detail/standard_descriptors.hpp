#pragma once

namespace ringlet::detail {

/// Opens /dev/null in the place of stdin, stdout and stderr where whoever started this program has
/// left them closed. A socket would get their number, and its peer what is written to the log.
void hold_standard_descriptors() noexcept;

}  // namespace ringlet::detail
