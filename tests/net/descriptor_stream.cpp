#include "catch.hpp"
#include "check_awaited.hpp"
#include "connected_pair.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/copy.hpp>
#include <ringlet/net/descriptor_stream.hpp>
#include <ringlet/net/duplex_stream.hpp>
#include <ringlet/net/open_pipe.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/relay.hpp>
#include <ringlet/net/writer.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tests::net_descriptor_stream {

using ringlet::descriptor_stream;
using ringlet::loop;
using ringlet::open_pipe;
using ringlet::pipe_ends;
using ringlet::task;
using ringlet::task_group;

static_assert(ringlet::duplex_stream<descriptor_stream>);
static_assert(std::is_nothrow_move_constructible_v<descriptor_stream>);
static_assert(std::is_nothrow_move_assignable_v<descriptor_stream>);

namespace {

int opened(const std::filesystem::path& path, int flags) {
    return check_socket_call(::open(path.c_str(), flags | O_CLOEXEC), "open");
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The next bytes, at most `size`, of a stream.
task<std::string> receive(descriptor_stream& from, std::size_t size = 100) {
    std::string buffer(size, '.');
    buffer.resize(co_await from.recv(buffer));
    co_return buffer;
}

}  // namespace

TEST_CASE("a file is received from its position on, up to its end", "[net]") {
    temporary_directory folder;
    const auto path = folder.write("file", "0123456789");
    run_without_leak([&](loop&) -> task<> {
        const int fd = opened(path, O_RDONLY);
        REQUIRE(::lseek(fd, 3, SEEK_SET) == 3);
        descriptor_stream source(fd);
        CHECK_AWAITED(co_await receive(source, 4), "3456");
        CHECK_AWAITED(co_await receive(source), "789");
        CHECK_AWAITED(co_await receive(source), "");
        CHECK(source.at_end());
    });
}

TEST_CASE("what is sent to a file is written from its position on", "[net]") {
    temporary_directory folder;
    const auto path = folder.write("file", "0123456789");
    run_without_leak([&](loop&) -> task<> {
        const int fd = opened(path, O_RDWR);
        REQUIRE(::lseek(fd, 2, SEEK_SET) == 2);
        descriptor_stream target(fd);
        CHECK_AWAITED(co_await target.send_all("ab"), 2);
        CHECK_AWAITED(co_await target.send("cd"), 2);
        CHECK_AWAITED(co_await target.send_all(""), 0);
        CHECK_AWAITED(co_await receive(target), "6789");
    });
    CHECK(contents(path) == "01abcd6789");
}

TEST_CASE("devices are received from and sent to that nothing can poll", "[net]") {
    run_without_leak([](loop&) -> task<> {
        descriptor_stream null(opened("/dev/null", O_RDWR));
        CHECK_AWAITED(co_await receive(null), "");
        CHECK_AWAITED(co_await null.send_all("gone"), 4);
        descriptor_stream full(opened("/dev/full", O_RDWR));
        CHECK_AWAITED(co_await receive(full, 3), std::string(3, '\0'));
        std::error_code error;
        CHECK_AWAITED(co_await full.send_all("x", error), 0);
        CHECK(error == std::errc::no_space_on_device);
    });
}

TEST_CASE("a socket is a stream too, whose sending side ends alone", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair =
            make_streams(owner, GENERATE(stream_transport::tcp, stream_transport::unix_socket));
        descriptor_stream one(pair.one.release().release());
        co_await one.send_all("question");
        co_await one.end_sending();
        CHECK_AWAITED(co_await ::receive(pair.other, 100), "question");
        co_await pair.other.send_all("answer");
        CHECK_AWAITED(co_await receive(one), "answer");
        co_await pair.other.close();
        CHECK_AWAITED(co_await receive(one), "");
        std::error_code error;
        co_await one.send_all("x", error);
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("readers, writers and copies take a descriptor as they take a stream", "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends first = open_pipe();
        pipe_ends second = open_pipe();
        ringlet::writer out(first.sending);
        co_await out.print("a line\n", 2, " lines\n");
        co_await out.flush();
        co_await first.sending.close();
        CHECK_AWAITED(co_await ringlet::copy(first.receiving, second.sending), 15);
        co_await second.sending.close();
        ringlet::reader in(second.receiving);
        CHECK_AWAITED(co_await in.read_line(), "a line");
        CHECK_AWAITED(co_await in.read_line(), "2 lines");
        CHECK_AWAITED((co_await in.read_line()).has_value(), false);
    });
}

TEST_CASE("a relay joins two pipes and a stream, and ends where they end", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        pipe_ends typed = open_pipe();
        pipe_ends shown = open_pipe();
        stream_pair pair = make_streams(owner);
        descriptor_stream terminal(::dup(typed.receiving.receiving_descriptor()),
                                   ::dup(shown.sending.sending_descriptor()));
        co_await typed.receiving.close();
        co_await shown.sending.close();
        ringlet::relay_result result;
        const auto run = [&]() -> task<> { result = co_await ringlet::relay(terminal, pair.one); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(run());
            co_await typed.sending.send_all("hello");
            CHECK_AWAITED(co_await ::receive(pair.other, 5), "hello");
            co_await typed.sending.close();
            CHECK_AWAITED(co_await ::receive(pair.other, 1), "");
            co_await pair.other.send_all("goodbye");
            co_await pair.other.end_sending();
            CHECK_AWAITED(co_await receive(shown.receiving), "goodbye");
            CHECK_AWAITED(co_await receive(shown.receiving), "");
        });
        CHECK(result.forth == 5);
        CHECK(result.back == 7);
        CHECK_FALSE(result.one_error);
        CHECK_FALSE(result.other_error);
    });
}

TEST_CASE("a relay to a reader that has gone resets the other side", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        pipe_ends typed = open_pipe();
        pipe_ends shown = open_pipe();
        stream_pair pair = make_streams(owner);
        descriptor_stream terminal(::dup(typed.receiving.receiving_descriptor()),
                                   ::dup(shown.sending.sending_descriptor()));
        co_await shown.sending.close();
        co_await shown.receiving.close();
        co_await pair.other.send_all("to nobody");
        const ringlet::relay_result result = co_await ringlet::relay(terminal, pair.one);
        CHECK(result.one_error == std::errc::broken_pipe);
        std::array<char, 16> buffer{};
        std::error_code error;
        co_await pair.other.recv(buffer, error);
        CHECK(error == std::errc::connection_reset);
    });
}

TEST_CASE("one receive and one send may be pending on a descriptor", "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends pipe = open_pipe();
        const auto receive_one = [&]() -> task<> {
            CHECK_AWAITED(co_await receive(pipe.receiving), "x");
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receive_one());
            std::array<char, 16> buffer{};
            std::string thrown;
            try {
                co_await pipe.receiving.recv(buffer);
            } catch (const std::logic_error& error) {
                thrown = error.what();
            }
            CHECK(thrown == "read: another one is pending on this stream; await it first");
            co_await pipe.sending.send_all("x");
        });
    });
}

TEST_CASE("a stream on descriptors may move, and has neither of -1 and -1", "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends pipe = open_pipe();
        descriptor_stream moved(std::move(pipe.sending));
        CHECK_FALSE(pipe.sending.is_open());  // NOLINT(bugprone-use-after-move): what is tested
        pipe.sending = std::move(moved);
        co_await pipe.sending.send_all("hello");
        CHECK_AWAITED(co_await receive(pipe.receiving), "hello");
        CHECK_FALSE(descriptor_stream(-1, -1).is_open());
    });
}

TEST_CASE("what is no descriptor is refused, and so is one outside a loop", "[net]") {
    run_without_leak([](loop&) -> task<> {
        CHECK_THROWS_WITH(descriptor_stream(-1), "descriptor_stream: Bad file descriptor");
        pipe_ends pipe = open_pipe();
        std::array<char, 1> none{};
        CHECK_THROWS_AS(pipe.receiving.recv(std::span(none).first(0)), std::invalid_argument);
        co_return;
    });
    const int fd = opened("/dev/null", O_RDONLY);
    CHECK_THROWS_AS(descriptor_stream(fd), std::logic_error);
    CHECK(::fcntl(fd, F_GETFD) < 0);  // it was taken over
}

}  // namespace tests::net_descriptor_stream
