#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/file/detail/file_operations.hpp>
#include <ringlet/file/detail/read_at_operation.hpp>
#include <ringlet/file/detail/sync_operation.hpp>
#include <ringlet/file/detail/write_at_operation.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <fcntl.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringlet {

/// What a file is at the time when it is asked for.
struct file_status {
    bool is_regular;                                 // no directory, device, pipe or socket
    std::uint64_t size;                              // in bytes
    std::chrono::system_clock::time_point modified;  // when its contents have last changed
};

/// An open file. Programs read and write it at offsets, so any number of operations may be pending.
/// The ring carries the operations out, so that a slow disk holds up only the coroutines that wait
/// for it.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or the path
/// that it opens; or it stores the error in the std::error_code that is passed last, which a
/// success clears. Where the scope of the coroutine is cancelled, the error is operation_canceled,
/// or timed_out for a deadline. Buffers must last until the await is over.
///
/// One thread: the loop's. Lifetime: the file must not move or be destroyed while an operation on
/// it is pending.
class file {
public:
    /// Takes over `fd`, the descriptor of an open file. Its operations wait in the loop `owner`.
    file(loop& owner, int fd) noexcept : core_(&owner.core()), fd_(fd) {}

    file(file&& other) noexcept
        : core_(other.core_), fd_(std::exchange(other.fd_, -1)),
          pending_(std::move(other.pending_)) {}
    file& operator=(file&& other) noexcept {
        pending_ = std::move(other.pending_);
        std::swap(core_, other.core_);
        std::swap(fd_, other.fd_);
        return *this;
    }

    /// Closes the file, unless `close` has done so. That may block where the file is on a network.
    ~file();

    /// Opens a file in the loop that runs in this thread. `flags` are those of open(2). A file that
    /// is made gets `permissions`, less the umask. With O_NONBLOCK, a read of bytes that are not in
    /// memory fails. Throws std::system_error naming the path; or stores the error in `error`, and
    /// then yields a file that is not open.
    [[nodiscard]] static task<file> open(std::filesystem::path path, int flags = O_RDONLY,
                                         mode_t permissions = 0666, error_sink error = throws);

    /// Whether this object has a file.
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

    /// What the file is, in one call of the system for all. The call does not wait: for a file on a
    /// network, this is the last that this machine knows of it. Throws std::system_error. statx(2),
    /// AT_STATX_DONT_SYNC.
    [[nodiscard]] file_status status() const;

    /// Whether the file is a file in the narrow sense: no directory, device, pipe or socket. Throws
    /// std::system_error. statx(2).
    [[nodiscard]] bool is_regular() const;

    /// The size of the file in bytes. The call does not wait: for a file on a network, the size is
    /// the last one that this machine knows of. Throws std::system_error. statx(2),
    /// AT_STATX_DONT_SYNC.
    [[nodiscard]] std::uint64_t size() const;

    /// Reads bytes from `offset` on into `buffer`. Yields how many it has read, which may be fewer
    /// than the buffer holds; 0 is the end of the file. Throws std::invalid_argument for an empty
    /// buffer, or an offset that no file has. Awaiting it throws std::system_error, or stores the
    /// error in `error`. pread(2).
    [[nodiscard]] detail::read_at_operation read_at(mutable_buffer buffer, std::uint64_t offset,
                                                    error_sink error = throws) const {
        if (buffer.size() == 0) [[unlikely]]
            throw std::invalid_argument("read: the buffer is empty; it must hold a byte or more");
        check_offset("read", offset);
        return {*core_, fd_, buffer.data(), buffer.size(), offset, pending_, error};
    }

    /// Writes as much of `buffer` as the file takes at once, at `offset`. Yields how many bytes it
    /// has written. With O_APPEND the kernel ignores `offset`. Throws std::invalid_argument for an
    /// offset that no file has. Awaiting it throws std::system_error, or stores the error in
    /// `error`. pwrite(2).
    [[nodiscard]] detail::write_at_operation write_at(const_buffer buffer, std::uint64_t offset,
                                                      error_sink error = throws) {
        return write(buffer, offset, detail::write_at_operation::extent::some, error);
    }

    /// Writes all of `buffer`, at `offset`, with as many calls as that takes. Yields how many bytes
    /// it has written: the size of `buffer`, or fewer if an error is stored in `error`. Throws
    /// std::invalid_argument for an offset that no file has. Awaiting it throws std::system_error,
    /// or stores the error in `error`. pwrite(2).
    [[nodiscard]] detail::write_at_operation write_all_at(const_buffer buffer, std::uint64_t offset,
                                                          error_sink error = throws) {
        return write(buffer, offset, detail::write_at_operation::extent::all, error);
    }

    /// Waits until all that was written to the file is on its disk. Awaiting it throws
    /// std::system_error, or stores the error in `error`. fsync(2).
    [[nodiscard]] detail::sync_operation sync(error_sink error = throws) {
        return {*core_, fd_, pending_, error};
    }

    /// Closes the file, on which no operation may be pending. A cancelled scope does not end it.
    /// Throws std::system_error, or stores the error in `error`: close(2) reports errors of writing
    /// that the kernel has put off until then. The file is closed all the same, and stays closed.
    [[nodiscard]] task<> close(error_sink error = throws);

    /// The descriptor, or -1 for no file. This object still owns it.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }

    /// Gives the descriptor away, on which no operation may be pending; the caller closes it.
    /// Yields -1 for no file.
    [[nodiscard]] int release() noexcept;

    /// The loop in which the file's operations wait.
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

private:
    static constexpr std::uint64_t offset_max = std::numeric_limits<off_t>::max();

    static void check_offset(const char* caller, std::uint64_t offset) {
        if (offset > offset_max) [[unlikely]]  // the kernel takes -1 for the file's own position
            throw std::invalid_argument(std::string(caller) + ": no file has so great an offset");
    }
    [[nodiscard]] detail::write_at_operation write(const_buffer buffer, std::uint64_t offset,
                                                   detail::write_at_operation::extent wanted,
                                                   error_sink error) {
        check_offset("write", offset);
        return {*core_, fd_, buffer.data(), buffer.size(), offset, wanted, pending_, error};
    }

    detail::loop_core* core_;
    int fd_;
    mutable detail::file_operations pending_;  // a read is of a const file
};

}  // namespace ringlet
