#include "owned_descriptors.hpp"
#include "standard_descriptors.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ringlet::detail {

owned_descriptor::owned_descriptor(int fd, const char* call)
    : fd_(above_standard(fd)), process_(owned_descriptors::process()) {
    if (fd_ < 0)
        throw std::system_error(errno, std::system_category(), call);
    owned_descriptors::add(fd_);
}

owned_descriptor::~owned_descriptor() {
    if (const int fd = release(); fd >= 0)
        ::close(fd);
}

int owned_descriptor::release() noexcept {
    const int fd = native_handle();
    fd_ = -1;
    if (fd >= 0)
        owned_descriptors::remove(fd);
    return fd;
}

int owned_descriptor::native_handle() const noexcept {
    return process_ == owned_descriptors::process() || owned_descriptors::was_kept(fd_) ? fd_ : -1;
}

}  // namespace ringlet::detail
