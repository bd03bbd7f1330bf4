#include "open_file.hpp"
#include "base/detail/standard_descriptors.hpp"

#include <ringlet/file/detail/open_operation.hpp>

namespace ringlet::detail {

task<file> open_file(int directory, std::filesystem::path path, int flags, mode_t permissions,
                     std::uint64_t resolve, error_sink error) {
    loop& current = loop::require_current("open");
    std::error_code refused;
    int fd = -1;
    if (path.native().find('\0') != std::string::npos)  // the kernel would open something else
        refused = std::make_error_code(std::errc::invalid_argument);
    else
        fd = co_await open_operation(current.core(), directory, path.c_str(), flags, permissions,
                                     resolve, refused);
    if (fd >= 0 && (fd = above_standard(fd)) < 0)
        refused = {errno, std::system_category()};
    error.report(refused, [&] {
        return "cannot open " + path.string() +
               (refused == std::errc::function_not_supported ? ": the system refuses openat2(2)"
                                                             : "");
    });
    co_return file(current, fd);
}

}  // namespace ringlet::detail
