#include "base/detail/standard_descriptors.hpp"
#include "file/detail/open_file.hpp"

#include <ringlet/file/directory.hpp>

#include <linux/openat2.h>
#include <unistd.h>

namespace ringlet {

namespace {

constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

}  // namespace

directory::directory(const std::filesystem::path& path)
    : fd_(detail::above_standard(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC))) {
    if (fd_ < 0)
        throw std::system_error(errno, std::system_category(), "cannot open " + path.string());
}

directory::~directory() {
    if (fd_ >= 0)
        ::close(fd_);
}

task<file> directory::open(std::filesystem::path path, int flags, mode_t permissions,
                           error_sink error) const {
    return detail::open_file(fd_, std::move(path), flags, permissions, beneath, error);
}

}  // namespace ringlet
