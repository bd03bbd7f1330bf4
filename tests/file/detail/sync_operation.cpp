#include "catch.hpp"
#include "file/file_under_test.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/file/detail/sync_operation.hpp>

namespace tests::file_sync_operation {

namespace {

ringlet::task<> sync(ringlet::loop& owner, int fd, std::error_code& error) {
    ringlet::detail::file_operations pending;
    co_await ringlet::detail::sync_operation(owner.core(), fd, pending, error);
}

}  // namespace

TEST_CASE("a sync waits for what was written", "[file]") {
    temporary_directory folder;
    ringlet::loop owner;
    file_under_test file(owner, ::open(folder.write("file", "").c_str(), O_WRONLY | O_CLOEXEC));
    std::error_code error = std::make_error_code(std::errc::io_error);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        file_under_test::outcome ended;
        co_await file.write("text", 0, file_under_test::extent::all, ended);
        co_await sync(owner, file.fd(), error);
    });
    CHECK_FALSE(error);
    CHECK(folder.read("file") == "text");
}

TEST_CASE("a sync that fails stores its error, or throws it", "[file]") {
    ringlet::loop owner;
    const file_under_test none(owner, ::open("/dev/null", O_WRONLY | O_CLOEXEC));
    std::error_code error;
    std::string text;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await sync(owner, none.fd(), error);
        ringlet::detail::file_operations pending;
        try {
            co_await ringlet::detail::sync_operation(owner.core(), -1, pending, ringlet::throws);
        } catch (const std::system_error& thrown) {
            text = thrown.what();
        }
    });
    CHECK(error == std::errc::invalid_argument);
    CHECK(text == "fsync: Bad file descriptor");
}

TEST_CASE("a sync under a cancelled scope fails with its reason", "[file]") {
    ringlet::loop owner;
    std::error_code error;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::cancel_scope scope;
        scope.cancel();
        co_await sync(owner, -1, error);
    });
    CHECK(error == std::errc::operation_canceled);
}

}  // namespace tests::file_sync_operation
