#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/file/detail/pinned.hpp>
#include <ringlet/file/detail/read_at_operation.hpp>
#include <ringlet/file/detail/sync_operation.hpp>
#include <ringlet/file/detail/write_at_operation.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <fcntl.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringlet {

/// An open file. It is read and written at offsets, so any number of operations may be pending; and
/// through the ring, so that a slow disk holds up only those who wait for it.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or the path
/// that it opens; or it stores the error in the std::error_code that is passed last, which a
/// success clears. Where the scope of the coroutine is cancelled, the error is operation_canceled,
/// or timed_out for a deadline. Buffers must last until the await is over.
///
/// One thread: the loop's. Lifetime: it must not move or be destroyed while something is pending.
class file {
public:
    /// The file that `fd` has open, which it takes over, and whose waiting happens in `owner`.
    file(loop& owner, int fd) noexcept : core_(&owner.core()), fd_(fd) {}

    file(file&& other) noexcept
        : core_(other.core_), fd_(std::exchange(other.fd_, -1)), pinned_(std::move(other.pinned_)) {
    }
    file& operator=(file&& other) noexcept {
        pinned_ = std::move(other.pinned_);
        std::swap(core_, other.core_);
        std::swap(fd_, other.fd_);
        return *this;
    }

    /// Closes the file if `close` has not; on a network that may wait.
    ~file();

    /// Opens a file in the loop that runs in this thread. `flags` are open(2)'s, `permissions`
    /// those of a file that it makes, less the umask. With O_NONBLOCK what is not in memory fails.
    /// Throws std::system_error naming the path; or stores the error in `error`, and then yields a
    /// file that is not open.
    [[nodiscard]] static task<file> open(std::filesystem::path path, int flags = O_RDONLY,
                                         mode_t permissions = 0666, error_sink error = throws);

    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

    /// Whether it is a file in the narrow sense: no directory, device, pipe or socket.
    [[nodiscard]] bool is_regular() const;

    /// The size in bytes. It does not wait: on a network the size is the one last heard of.
    /// statx(2), AT_STATX_DONT_SYNC.
    [[nodiscard]] std::uint64_t size() const;

    /// Reads up to the size of `buffer`. Yields the count, which may be less; 0 is the end of the
    /// file. Throws std::invalid_argument for an empty buffer. pread(2).
    [[nodiscard]] detail::read_at_operation read_at(mutable_buffer buffer, std::uint64_t offset,
                                                    error_sink error = throws) const {
        if (buffer.size() == 0) [[unlikely]]
            throw std::invalid_argument("read: the buffer is empty; it must hold a byte or more");
        check_offset("read", offset);
        return {*core_, fd_, buffer.data(), buffer.size(), offset, pinned_, error};
    }

    /// Writes as much of `buffer` as the file takes at once. Yields the count. With O_APPEND the
    /// kernel ignores `offset`. pwrite(2).
    [[nodiscard]] detail::write_at_operation write_at(const_buffer buffer, std::uint64_t offset,
                                                      error_sink error = throws) {
        return write(buffer, offset, detail::write_at_operation::amount::some, error);
    }

    /// Writes all of `buffer`, however often that takes. Yields its size; with an error, how much
    /// had been written.
    [[nodiscard]] detail::write_at_operation write_all_at(const_buffer buffer, std::uint64_t offset,
                                                          error_sink error = throws) {
        return write(buffer, offset, detail::write_at_operation::amount::all, error);
    }

    /// Waits until what has been written is on the disk. fsync(2).
    [[nodiscard]] detail::sync_operation sync(error_sink error = throws) {
        return {*core_, fd_, pinned_, error};
    }

    /// Closes the file, with nothing pending on it; it is not itself cancelled. What close(2)
    /// reports is of writing delayed until then; the file is closed all the same, and stays so.
    [[nodiscard]] task<> close(error_sink error = throws);

    /// The descriptor, or -1; still owned by this object.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

private:
    static constexpr std::uint64_t offset_max = std::numeric_limits<off_t>::max();

    static void check_offset(const char* caller, std::uint64_t offset) {
        if (offset > offset_max) [[unlikely]]  // and the greatest is none to the kernel
            throw std::invalid_argument(std::string(caller) + ": no file has so great an offset");
    }
    [[nodiscard]] detail::write_at_operation write(const_buffer buffer, std::uint64_t offset,
                                                   detail::write_at_operation::amount wanted,
                                                   error_sink error) {
        check_offset("write", offset);
        return {*core_, fd_, buffer.data(), buffer.size(), offset, wanted, pinned_, error};
    }

    detail::loop_core* core_;
    int fd_;
    detail::pinned pinned_;
};

}  // namespace ringlet
