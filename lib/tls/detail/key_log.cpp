#include "key_log.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace ringlet::tls::detail {

namespace {

ringlet::detail::owned_descriptor open_log(const std::string& path) {
    const int fd =
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        throw std::system_error(errno, std::system_category(),
                                "key_log_file: cannot write the file " + path);
    return {fd, "open"};
}

}  // namespace

key_log::key_log(std::string path) : path_(std::move(path)) {
    if (enabled())
        open_log(path_);
}

void key_log::add(const char* line) const noexcept {
    try {
        const std::string whole = std::string(line) + '\n';
        const auto file = open_log(path_);
        static_cast<void>(::write(file.native_handle(), whole.data(), whole.size()) < 0);
    } catch (const std::exception&) {
        // It was writable when the context was made.
    }
}

}  // namespace ringlet::tls::detail
