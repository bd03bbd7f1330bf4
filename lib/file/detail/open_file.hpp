#pragma once

#include <ringlet/file/file.hpp>

namespace ringlet::detail {

/// Opens a file, as openat2(2) does. The error goes to `error`, or is thrown where that is nullptr.
task<file> open_file(int directory, std::filesystem::path path, int flags, mode_t permissions,
                     std::uint64_t resolve, std::error_code* error);

}  // namespace ringlet::detail
