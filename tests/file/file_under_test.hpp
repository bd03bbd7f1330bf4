#pragma once

#include "temporary_directory.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/file/detail/file_operations.hpp>
#include <ringlet/file/detail/read_at_operation.hpp>
#include <ringlet/file/detail/write_at_operation.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <system_error>

/// A descriptor with the operations on files of the loop's floor, which it closes at its end.
class file_under_test {
public:
    using extent = ringlet::detail::write_at_operation::extent;

    /// How an operation ended: what it yielded, and its error if it had one.
    struct outcome {
        std::size_t count = 0;
        std::error_code error;
    };

    file_under_test(ringlet::loop& owner, int fd) noexcept : owner_(owner), fd_(fd) {}
    file_under_test(const file_under_test&) = delete;
    file_under_test& operator=(const file_under_test&) = delete;
    ~file_under_test() { ::close(fd_); }

    ringlet::task<> read(std::string& buffer, std::uint64_t offset, outcome& ended) {
        ended.count = co_await ringlet::detail::read_at_operation(
            owner_.core(), fd_, buffer.data(), buffer.size(), offset, pending_, ended.error);
    }
    ringlet::task<> write(std::string_view data, std::uint64_t offset, extent wanted,
                          outcome& ended) {
        ended.count = co_await ringlet::detail::write_at_operation(
            owner_.core(), fd_, data.data(), data.size(), offset, wanted, pending_, ended.error);
    }

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] bool idle() const noexcept { return pending_.empty(); }

private:
    ringlet::loop& owner_;
    int fd_;
    ringlet::detail::file_operations pending_;
};
