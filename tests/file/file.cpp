#include "byte_pattern.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "forked_child.hpp"
#include "large_memory.hpp"
#include "others_go_on.hpp"
#include "run_without_leak.hpp"
#include "temporary_directory.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/file/file.hpp>
#include <ringlet/net/descriptor_stream.hpp>

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tests::file_file {

using namespace std::chrono_literals;
using ringlet::file;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

/// All of a file, 1,000 bytes at a time.
task<std::string> contents_of(const file& source) {
    std::string contents;
    std::array<char, 1'000> piece{};
    while (const std::size_t count = co_await source.read_at(piece, contents.size()))
        contents.append(piece.data(), count);
    co_return contents;
}

/// What the open that `opening` is fails with.
task<std::string> failure_of(task<file> opening) {
    try {
        co_await std::move(opening);
    } catch (const std::system_error& error) {
        co_return error.what();
    }
    co_return "it opened";
}

/// A file on the end of a pipe that is to be read, for reads that have to wait.
file waiting_file(loop& owner, const std::pair<pipe_end, pipe_end>& pipe) {
    return {owner, ::dup(pipe.first.native_handle())};
}

}  // namespace

TEST_CASE("FIFOs that nobody else opens hold up no other file, and can be given up", "[file]") {
    temporary_directory folder;
    const auto fifo = folder.path() / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const auto path = folder.write("file", "text");
    run_without_leak([&](loop& /*owner*/) -> task<> {
        const auto open_fifo = [&](int flags) -> task<> {
            std::error_code error;
            const file opened = co_await file::open(fifo, flags, 0600, error);
            CHECK((!error || error == std::errc::operation_canceled ||
                   error == std::errc::no_such_device_or_address));
        };
        joinable_task_group waiting;
        for (int i = 0; i < 10; ++i)
            for (const int flags : {O_RDONLY, O_WRONLY, O_WRONLY | O_CREAT})
                waiting.spawn(open_fifo(flags));
        const file other = co_await file::open(path);
        const std::string text = co_await contents_of(other);
        CHECK(text == "text");
        waiting.cancel();
        co_await waiting.join();
    });
}

TEST_CASE("two gibibytes and more are written whole", "[file]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer takes memory for each byte that a call reads");
    run_without_leak([](loop& /*owner*/) -> task<> {
        const large_memory memory((std::size_t{2} << 30U) + 12'345);
        file nowhere = co_await file::open("/dev/null", O_WRONLY);
        const std::size_t all = co_await nowhere.write_all_at(memory.bytes(), 0);
        CHECK(all == memory.bytes().size());
        const std::size_t some = co_await nowhere.write_at(memory.bytes(), 0);
        CHECK((some > 0 && some <= memory.bytes().size()));
        co_await nowhere.close();
    });
}

TEST_CASE("what is written to a file is read from it", "[file]") {
    temporary_directory folder;
    const std::string bytes = byte_pattern(10'500);
    run_without_leak([&](loop& owner) -> task<> {
        file made = co_await file::open(folder.path() / "file", O_RDWR | O_CREAT, 0600);
        CHECK(made.is_open());
        CHECK(&made.owner() == &owner);
        const auto half = std::string_view(bytes).substr(0, 5'000);
        std::size_t written = co_await made.write_all_at(half, 0);
        CHECK(written == half.size());
        written = co_await made.write_at(std::string_view(bytes).substr(5'000), 5'000);
        CHECK(written == 5'500);
        co_await made.sync();
        CHECK(made.size() == bytes.size());
        const std::string read = co_await contents_of(made);
        CHECK((read == bytes));
        co_await made.close();
    });
    CHECK((folder.read("file") == bytes));
}

TEST_CASE("a file that cannot be opened is named in the error", "[file]") {
    const temporary_directory folder;
    run_without_leak([&](loop&) -> task<> {
        const auto none = folder.path() / "none";
        const std::string text = co_await failure_of(file::open(none));
        CHECK(text == "cannot open " + none.string() + ": No such file or directory");
        std::error_code error;
        const file unopened = co_await file::open(none, O_RDONLY, 0, error);
        CHECK(error == std::errc::no_such_file_or_directory);
        CHECK_FALSE(unopened.is_open());
        const file opened = co_await file::open(folder.path(), O_RDONLY, 0, error);
        CHECK_FALSE(error);
        CHECK(opened.is_open());
    });
}

TEST_CASE("a path with a NUL in it is none", "[file]") {
    temporary_directory folder;
    folder.write("file", "");
    run_without_leak([&](loop&) -> task<> {
        const std::string path = (folder.path() / "file").string() + '\0' + ".txt";
        std::error_code error;
        const file unopened = co_await file::open(path, O_RDONLY, 0, error);
        CHECK(error == std::errc::invalid_argument);
    });
}

TEST_CASE("a file knows its size, and whether it is one in the narrow sense", "[file]") {
    temporary_directory folder;
    constexpr std::uint64_t five_gibibytes = std::uint64_t{5} << 30U;
    const auto path = folder.write_sparse("file", five_gibibytes);
    run_without_leak([&](loop& owner) -> task<> {
        const file regular = co_await file::open(path);
        CHECK(regular.is_regular());
        CHECK(regular.size() == five_gibibytes);
        CHECK(regular.status().is_regular);
        CHECK(regular.status().size == five_gibibytes);
        const timespec modified[2]{{0, UTIME_OMIT}, {784'111'777, 123'456'789}};
        REQUIRE(::futimens(regular.native_handle(), modified) == 0);
        CHECK(regular.status().modified.time_since_epoch() ==
              std::chrono::nanoseconds(784'111'777'123'456'789));
        const file directory = co_await file::open(folder.path());
        CHECK_FALSE(directory.is_regular());
        const file device = co_await file::open("/dev/null");
        CHECK_FALSE(device.is_regular());
        const file none(owner, -1);
        CHECK_THROWS_WITH(none.size(), "statx: Bad file descriptor");
        CHECK_THROWS_WITH(none.status(), "statx: Bad file descriptor");
    });
}

TEST_CASE("any number of reads of one file may be pending", "[file]") {
    temporary_directory folder;
    const std::string bytes = byte_pattern(100'000);
    const auto path = folder.write("file", bytes);
    run_without_leak([&](loop&) -> task<> {
        const file source = co_await file::open(path);
        ::posix_fadvise(source.native_handle(), 0, 0, POSIX_FADV_DONTNEED);  // if it can
        std::string read(bytes.size(), '\0');
        const auto read_piece = [&](std::size_t offset) -> task<> {
            const std::size_t count = co_await source.read_at(
                ringlet::mutable_buffer(read.data() + offset, 1'000), offset);
            CHECK(count == 1'000);
        };
        joinable_task_group group;
        for (std::size_t offset = 0; offset < bytes.size(); offset += 1'000)
            group.spawn(read_piece(offset));
        co_await group.join();
        CHECK((read == bytes));
    });
}

TEST_CASE("what makes no sense of a file is refused", "[file]") {
    temporary_directory folder;
    const auto path = folder.write("file", "");
    run_without_leak([&](loop&) -> task<> {
        file source = co_await file::open(path, O_RDWR);
        std::array<char, 4> buffer{};
        std::error_code error;
        CHECK_THROWS_AS(source.read_at(ringlet::mutable_buffer(buffer.data(), 0), 0),
                        std::invalid_argument);
        const std::uint64_t beyond = std::uint64_t{1} << 63U;
        for (const std::uint64_t offset : {beyond, ~std::uint64_t{0}}) {
            CHECK_THROWS_AS(source.read_at(buffer, offset, error), std::invalid_argument);
            CHECK_THROWS_AS(source.write_at(buffer, offset, error), std::invalid_argument);
            CHECK_THROWS_AS(source.write_all_at(buffer, offset), std::invalid_argument);
        }
        const std::size_t count = co_await source.read_at(buffer, beyond - 1, error);
        CHECK(count == 0);
        co_await source.write_at(buffer, beyond - 1, error);
        CHECK(error);
    });
}

TEST_CASE("a file that has been closed stays so", "[file]") {
    temporary_directory folder;
    const auto path = folder.write("file", "contents");
    run_without_leak([&](loop&) -> task<> {
        file source = co_await file::open(path);
        std::error_code error = std::make_error_code(std::errc::io_error);
        ringlet::cancel_scope scope;
        scope.cancel();  // which closing is not subject to
        co_await source.close(error);
        CHECK_FALSE(error);
        CHECK_FALSE(source.is_open());
        co_await source.close();
        const ringlet::shield shield_guard(source.owner());
        std::array<char, 4> buffer{};
        co_await source.read_at(buffer, 0, error);
        CHECK(error == std::errc::bad_file_descriptor);
        co_await source.write_all_at("x", 0, error);
        CHECK(error == std::errc::bad_file_descriptor);
        co_await source.sync(error);
        CHECK(error == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("what close reports is thrown or stored, and the file closed all the same", "[file]") {
    run_without_leak([](loop& owner) -> task<> {
        const int never_open = 1'000'000;
        std::error_code error;
        file one(owner, never_open);
        co_await one.close(error);
        CHECK(error == std::errc::bad_file_descriptor);
        CHECK_FALSE(one.is_open());
        file other(owner, never_open);
        std::string text;
        try {
            co_await other.close();
        } catch (const std::system_error& thrown) {
            text = thrown.what();
        }
        CHECK(text == "close: Bad file descriptor");
        CHECK_FALSE(other.is_open());
    });
}

TEST_CASE("a file that moves is still open, and what it replaces is closed", "[file]") {
    temporary_directory folder;
    const auto path = folder.write("file", "contents");
    const auto other_path = folder.write("other", "others");
    run_without_leak([&](loop&) -> task<> {
        file first = co_await file::open(path);
        file second(std::move(first));
        CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move)
        file third = co_await file::open(other_path);
        third = std::move(second);
        const std::string contents = co_await contents_of(third);
        CHECK(contents == "contents");
    });
}

TEST_CASE("a deadline ends a read that waits, and the file can be used after it", "[file]") {
    const auto pipe = pipe_end::make_pair();
    run_without_leak([&](loop& owner) -> task<> {
        const file source = waiting_file(owner, pipe);
        std::array<char, 8> buffer{};
        {
            const ringlet::cancel_scope limit(1ms);
            std::error_code error;
            co_await source.read_at(buffer, 0, error);
            CHECK(error == std::errc::timed_out);
        }
        CHECK(::write(pipe.second.native_handle(), "late", 4) == 4);
        const std::size_t count = co_await source.read_at(buffer, 0);
        CHECK(std::string_view(buffer.data(), count) == "late");
    });
}

TEST_CASE("the others go on while one writes nothing, again and again", "[file]") {
    run_without_leak([](loop&) -> task<> {
        file target = co_await file::open("/dev/null", O_WRONLY);
        const auto again = [&]() -> task<> { co_await target.write_all_at("", 0); };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
    });
}

TEST_CASE("moving, closing or destroying a file that is being read ends the program", "[file]") {
    enum class end { moved, closed, destroyed };
    const auto kind = GENERATE(end::moved, end::closed, end::destroyed);
    const child_end child = run_in_child([=] {
        loop owner;
        const auto pipe = pipe_end::make_pair();
        run_coroutine(owner, [&]() -> task<> {
            std::optional<file> source(waiting_file(owner, pipe));
            const auto reader = [&]() -> task<> { co_await contents_of(*source); };
            joinable_task_group group;
            group.spawn(reader());
            if (kind == end::moved)
                const file moved = std::move(*source);
            else if (kind == end::closed)
                co_await source->close();
            else
                source.reset();
        });
        return 0;
    });
    INFO(child.text);
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says(kind == end::moved    ? "a file was moved while"
                     : kind == end::closed ? "a file was closed while"
                                           : "a file was destroyed while"));
}

TEST_CASE("a file that is a FIFO is given away, to be a stream", "[file]") {
    const temporary_directory folder;
    const auto path = folder.path() / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    run_without_leak([&](loop&) -> task<> {
        file reading = co_await file::open(path, O_RDONLY | O_NONBLOCK);
        file writing = co_await file::open(path, O_WRONLY | O_NONBLOCK);
        ringlet::descriptor_stream from(reading.release());
        ringlet::descriptor_stream to(writing.release());
        CHECK_FALSE(reading.is_open());
        CHECK(reading.release() == -1);
        std::array<char, 16> buffer{};
        std::size_t count = 0;
        const auto receive = [&]() -> task<> { count = co_await from.recv(buffer); };
        co_await ringlet::task_group::run([&](ringlet::task_group& group) -> task<> {
            group.spawn(receive());
            co_await ringlet::yield();
            co_await to.send_all("hello");
        });
        CHECK(std::string_view(buffer.data(), count) == "hello");
    });
}

}  // namespace tests::file_file
