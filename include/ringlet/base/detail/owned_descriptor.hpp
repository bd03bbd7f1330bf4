#pragma once

#include <utility>

namespace ringlet::detail {

/// Owns a descriptor that no child process is to have. In a child that child_process::fork makes,
/// the descriptor is closed before anything else, unless the caller asked to keep it; this object
/// then has no descriptor there, so that it cannot touch another file that has got the number.
///
/// Not thread-safe, except `native_handle`, which is async-signal-safe too.
class owned_descriptor {
public:
    /// Owns no descriptor.
    owned_descriptor() noexcept = default;

    /// Takes over the descriptor that `call` has returned, and moves it where its number is that of
    /// a standard stream. If it is -1, throws std::system_error with the error in errno and the
    /// name `call`.
    owned_descriptor(int fd, const char* call);

    owned_descriptor(owned_descriptor&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), process_(other.process_) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(process_, other.process_);
        return *this;
    }
    ~owned_descriptor();

    /// The descriptor, or -1 if there is none. This object goes on owning it.
    [[nodiscard]] int native_handle() const noexcept;

    /// Gives the descriptor away; the caller closes it. Yields -1 if there is none.
    [[nodiscard]] int release() noexcept;

private:
    int fd_ = -1;
    unsigned process_ = 0;  // the process that opened it: see owned_descriptors::process
};

}  // namespace ringlet::detail
