#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <fcntl.h>

namespace ringlet::detail {

/// Opens a file. Yields its descriptor, close-on-exec and owned by the caller, or -1. openat2(2),
/// io_uring_prep_openat2(3).
class open_operation final : public ring_awaitable<open_operation> {
public:
    /// A relative `path` begins at `directory`, a descriptor or AT_FDCWD; `resolve` is that of
    /// openat2(2). The path must last until the await is over. Awaiting it throws
    /// std::system_error, or stores the error in `error`.
    open_operation(loop_core& core, int directory, const char* path, int flags, mode_t permissions,
                   std::uint64_t resolve, error_sink error) noexcept
        : ring_awaitable(core), directory_(directory), path_(path), how_{}, error_(error) {
        how_.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
        if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
            how_.mode = permissions;  // which openat2(2) refuses for what exists
        how_.resolve = resolve;
    }

    int await_resume() const {
        report(error_, "open");
        return result_ < 0 ? -1 : result_;
    }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        io_uring_prep_openat2(&sqe, directory_, path_, &how_);
    }

    int directory_;
    const char* path_;
    open_how how_;
    error_sink error_;
};

}  // namespace ringlet::detail
