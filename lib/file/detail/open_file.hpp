#pragma once

#include <ringlet/file/file.hpp>

namespace ringlet::detail {

/// Opens a file, as openat2(2) does. Throws std::system_error naming the path; or stores the error
/// in `error`, and then yields a file that is not open.
task<file> open_file(int directory, std::filesystem::path path, int flags, mode_t permissions,
                     std::uint64_t resolve, error_sink error);

}  // namespace ringlet::detail
