#include "cancellable.hpp"
#include "catch.hpp"
#include "file/file_under_test.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/task_group.hpp>

#include <array>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace tests::file_write_at_operation {

using extent = file_under_test::extent;

namespace {

int open_to_write(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

/// One SQE: where its data begins in what is written, its length, and where in the file it goes.
using piece = std::array<std::uint64_t, 3>;

/// Writes `text` at 5,000, to a ring that answers as in `script`.
std::vector<piece> write_scripted(const std::string& text, std::deque<int> script,
                                  file_under_test::outcome& ended) {
    std::vector<piece> pieces;
    ringlet::loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        const auto begin = sqe.addr - reinterpret_cast<std::uintptr_t>(text.data());
        pieces.push_back({begin, sqe.len, sqe.off});
        const int result = script.empty() ? -ENOTSUP : script.front();
        if (!script.empty())
            script.pop_front();
        return result;
    }));
    file_under_test file(owner, -1);
    ringlet::block_on(owner, file.write(text, 5'000, extent::all, ended));
    return pieces;
}

}  // namespace

TEST_CASE("a write puts bytes at its offset, and yields how many", "[file]") {
    const auto wanted = GENERATE(extent::some, extent::all);
    temporary_directory folder;
    const auto path = folder.write("file", "0123456789");
    ringlet::loop owner;
    file_under_test file(owner, open_to_write(path));
    file_under_test::outcome ended;
    run_coroutine(owner, [&] { return file.write("abc", 4, wanted, ended); });
    CHECK_FALSE(ended.error);
    CHECK(ended.count == 3);
    CHECK(folder.read("file") == "0123abc789");
}

TEST_CASE("a write that fails stores its error, or throws it", "[file]") {
    ringlet::loop owner;
    file_under_test full(owner, ::open("/dev/full", O_WRONLY | O_CLOEXEC));
    file_under_test::outcome ended;
    std::string text;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await full.write("lost", 0, extent::all, ended);
        ringlet::detail::file_operations pending;
        try {
            co_await ringlet::detail::write_at_operation(owner.core(), full.fd(), "lost", 4, 0,
                                                         extent::some, pending, ringlet::throws);
        } catch (const std::system_error& error) {
            text = error.what();
        }
    });
    CHECK(ended.count == 0);
    CHECK(ended.error == std::errc::no_space_on_device);
    CHECK(text == "write: No space left on device");
    CHECK(full.idle());
}

TEST_CASE("a write of all goes on after short writes, where it stopped", "[file]") {
    const std::string text(1'000, 't');
    file_under_test::outcome ended;
    const auto pieces = write_scripted(text, {300, -EINTR, 600, 100}, ended);
    CHECK_FALSE(ended.error);
    CHECK(ended.count == 1'000);
    CHECK(pieces ==
          std::vector<piece>{
              {0, 1'000, 5'000}, {300, 700, 5'300}, {300, 700, 5'300}, {900, 100, 5'900}});
}

TEST_CASE("a write of all that fails half way says how much was written", "[file]") {
    const std::string text(1'000, 't');
    file_under_test::outcome ended;
    write_scripted(text, {300, -ENOSPC}, ended);
    CHECK(ended.error == std::errc::no_space_on_device);
    CHECK(ended.count == 300);
}

TEST_CASE("a file that takes nothing, without an error, has one", "[file]") {
    file_under_test::outcome ended;
    write_scripted("text", {0}, ended);
    CHECK(ended.error == std::errc::io_error);
    CHECK(ended.count == 0);
}

TEST_CASE("a write of nothing is done, inline or not", "[file]") {
    const auto wanted = GENERATE(extent::some, extent::all);
    const unsigned inline_completions_max = GENERATE(0U, 2U);
    temporary_directory folder;
    ringlet::loop owner({.inline_completions_max = inline_completions_max});
    file_under_test file(owner, open_to_write(folder.path() / "file"));
    run_coroutine(owner, [&]() -> ringlet::task<> {
        for (int i = 0; i < 5; ++i) {
            file_under_test::outcome ended{1, std::make_error_code(std::errc::io_error)};
            co_await file.write({}, 0, wanted, ended);
            CHECK(ended.count == 0);
            CHECK_FALSE(ended.error);
        }
    });
}

TEST_CASE("a write under a cancelled scope writes nothing, and pins nothing for long", "[file]") {
    const std::string text = GENERATE(as<std::string>(), "", "text");
    temporary_directory folder;
    ringlet::loop owner;
    file_under_test file(owner, open_to_write(folder.path() / "file"));
    file_under_test::outcome ended;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::cancel_scope scope;
        scope.cancel();
        co_await file.write(text, 0, extent::all, ended);
    });
    CHECK(ended.error == std::errc::operation_canceled);
    CHECK(file.idle());
    CHECK(folder.read("file").empty());
}

TEST_CASE("a write that is cancelled half way says how much was written", "[file]") {
    ringlet::cancel_scope* scope = nullptr;
    const std::string text(1'000, 't');
    ringlet::loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe&) {
        scope->cancel();  // while the write is with the ring
        return 300;
    }));
    file_under_test file(owner, -1);
    file_under_test::outcome ended;
    ringlet::block_on(owner, cancellable(scope, file.write(text, 0, extent::all, ended)));
    CHECK(ended.error == std::errc::operation_canceled);
    CHECK(ended.count == 300);
}

}  // namespace tests::file_write_at_operation
