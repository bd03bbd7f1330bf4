#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/loop/detail/close_operation.hpp>

#include <fcntl.h>

namespace tests::loop_close_operation {

namespace {

ringlet::task<> close(ringlet::loop& owner, int fd, std::error_code& error) {
    error = co_await ringlet::detail::close_operation(owner.core(), fd);
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

}  // namespace

TEST_CASE("a close closes the descriptor, and the peer sees the end", "[loop]") {
    ringlet::loop owner;
    connected_pair pair = unix_pair();
    const int fd = pair.one.release();
    std::error_code error;
    run_coroutine(owner, [&] { return close(owner, fd, error); });
    CHECK_FALSE(error);
    CHECK_FALSE(is_open(fd));
    char byte = 0;
    CHECK(::recv(pair.peer(), &byte, 1, MSG_DONTWAIT) == 0);
}

TEST_CASE("a close of what is not open reports it", "[loop]") {
    ringlet::loop owner;
    std::error_code error;
    run_coroutine(owner, [&] { return close(owner, -1, error); });
    CHECK(error == std::errc::bad_file_descriptor);
}

TEST_CASE("a close is carried out although its scope is cancelled, before or meanwhile", "[loop]") {
    const bool before = GENERATE(false, true);
    ringlet::loop owner;
    connected_pair pair = unix_pair();
    const int fd = pair.one.release();
    std::error_code error;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::cancel_scope scope;
        ringlet::detail::joinable_task_group group;
        if (before)
            scope.cancel();
        group.spawn(close(owner, fd, error));
        scope.cancel();
        co_await group.join();
    });
    CHECK_FALSE(error);
    CHECK_FALSE(is_open(fd));
}

}  // namespace tests::loop_close_operation
