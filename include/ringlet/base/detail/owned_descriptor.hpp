#pragma once

#include <utility>

namespace ringlet::detail {

/// Owns a descriptor that no child process is to have: in one that child_process::fork makes it is
/// closed before anything else, unless it was said to be kept, and this object is without one
/// there. So neither its use nor its end touches a stranger that has got the number since.
///
/// Not thread-safe, save for `native_handle`, which may be called in a signal handler too.
class owned_descriptor {
public:
    /// No descriptor.
    owned_descriptor() noexcept = default;

    /// Takes over what `call` has returned. Throws std::system_error naming it, with the error that
    /// is in errno, if that is no descriptor but -1.
    owned_descriptor(int fd, const char* call);

    owned_descriptor(owned_descriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), process_(other.process_) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(process_, other.process_);
        return *this;
    }
    ~owned_descriptor();

    /// The descriptor, or -1; still owned by this object.
    [[nodiscard]] int native_handle() const noexcept;

private:
    int fd_ = -1;
    unsigned process_ = 0;  // of those that have closed their parent's
};

}  // namespace ringlet::detail
