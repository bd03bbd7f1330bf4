#include "catch.hpp"
#include "child_process.hpp"
#include "file/file_under_test.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

namespace tests::file_read_at_operation {

using namespace std::chrono_literals;

namespace {

int open_to_read(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

}  // namespace

TEST_CASE("a read yields what is at its offset, and 0 at the end of the file", "[file]") {
    temporary_directory folder;
    ringlet::loop owner;
    file_under_test file(owner, open_to_read(folder.write("file", "0123456789")));
    run_coroutine(owner, [&]() -> ringlet::task<> {
        std::string buffer(4, '\0');
        file_under_test::outcome ended;
        co_await file.read(buffer, 3, ended);
        CHECK(ended.count == 4);
        CHECK(buffer == "3456");
        co_await file.read(buffer, 8, ended);
        CHECK(ended.count == 2);
        CHECK(buffer == "8956");
        for (const std::uint64_t end : {10U, 1'000U}) {
            co_await file.read(buffer, end, ended);
            CHECK(ended.count == 0);
            CHECK_FALSE(ended.error);
        }
    });
    CHECK(::lseek(file.fd(), 0, SEEK_CUR) == 0);
}

TEST_CASE("offsets and sizes beyond 32 bits are not cut short", "[file]") {
    constexpr std::uint64_t far = (std::uint64_t{1} << 32U) + 3;
    temporary_directory folder;
    ringlet::loop owner;
    file_under_test file(owner, ::open(folder.write_sparse("file", far).c_str(), O_RDWR));
    REQUIRE(::pwrite(file.fd(), "tail", 4, static_cast<off_t>(far)) == 4);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        // The kernel never gets as far as the size that is claimed: there are four bytes to read.
        std::string buffer(4, '\0');
        ringlet::detail::file_operations pending;
        const std::size_t count = co_await ringlet::detail::read_at_operation(
            owner.core(), file.fd(), buffer.data(), (std::size_t{1} << 32U) + 1, far, pending,
            ringlet::throws);
        CHECK(count == 4);
        CHECK(buffer == "tail");
    });
}

TEST_CASE("a read that fails stores its error, or throws it", "[file]") {
    const temporary_directory folder;
    ringlet::loop owner;
    file_under_test directory(owner, open_to_read(folder.path()));
    std::string buffer(4, '\0');
    file_under_test::outcome ended;
    std::string text;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await directory.read(buffer, 0, ended);
        ringlet::detail::file_operations pending;
        try {
            co_await ringlet::detail::read_at_operation(owner.core(), -1, buffer.data(), 1, 0,
                                                        pending, ringlet::throws);
        } catch (const std::system_error& error) {
            text = error.what();
        }
    });
    CHECK(ended.count == 0);
    CHECK(ended.error == std::errc::is_a_directory);
    CHECK(text == "read: Bad file descriptor");
}

TEST_CASE("a read pins its file, and ends with its scope", "[file]") {
    ringlet::loop owner;
    const auto pipe = pipe_end::make_pair();
    file_under_test file(owner, ::dup(pipe.first.native_handle()));
    std::string buffer(4, '\0');
    file_under_test::outcome by_hand;
    file_under_test::outcome by_deadline;
    file_under_test::outcome too_late;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(file.read(buffer, 0, by_hand));
        CHECK_FALSE(file.idle());
        co_await ringlet::yield();
        group.cancel();
        co_await group.join();
        CHECK(file.idle());
        const ringlet::cancel_scope scope(1ms);
        co_await file.read(buffer, 0, by_deadline);
        CHECK(::write(pipe.second.native_handle(), "data", 4) == 4);
        co_await file.read(buffer, 0, too_late);
        CHECK(file.idle());
    });
    CHECK(by_hand.error == std::errc::operation_canceled);
    CHECK(by_deadline.error == std::errc::timed_out);
    CHECK(too_late.error == std::errc::timed_out);
    CHECK(too_late.count == 0);
}

TEST_CASE("bytes that are read in the turn of a cancel are not dropped", "[file]") {
    ringlet::loop owner;
    const auto pipe = pipe_end::make_pair();
    file_under_test file(owner, ::dup(pipe.first.native_handle()));
    std::string buffer(8, '\0');
    file_under_test::outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(file.read(buffer, 0, ended));
        co_await ringlet::yield();
        CHECK(::write(pipe.second.native_handle(), "data", 4) == 4);
        owner.ring().enter(0, 1, ringlet::ring::no_deadline);  // it has completed, unseen as yet
        group.cancel();
        co_await group.join();
    });
    CHECK(ended.count == 4);
    CHECK(buffer.starts_with("data"));
    CHECK_FALSE(ended.error);
}

}  // namespace tests::file_read_at_operation
