#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "others_go_on.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/writer.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_writer {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::task_group;
using ringlet::writer;
using ringlet::detail::joinable_task_group;
using ringlet::detail::memory_pipe;

static_assert(!std::is_move_constructible_v<writer<ringlet::stream>>);
static_assert(sizeof(writer<ringlet::stream>) <= 128);

namespace {

task<std::string> thrown_by(auto awaiting) {
    try {
        co_await awaiting();
    } catch (const std::exception& thrown) {
        co_return thrown.what();
    }
    co_return "nothing was thrown";
}

task<> flush(writer<memory_pipe>& out, std::error_code& error) {
    co_await out.flush(error);
}

std::string take(memory_pipe& pipe) {
    // All that is there, which takes no waiting.
    std::string taken(pipe.size(), '\0');
    if (!taken.empty()) {
        auto receiving = pipe.recv(taken);
        REQUIRE(receiving.await_ready());
        REQUIRE(receiving.await_resume() == taken.size());
    }
    return taken;
}

}  // namespace

TEST_CASE("small pieces are collected until they are flushed", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        writer out(pipe, {.buffer_size = 16});
        co_await out.write("one, ");
        co_await out.print("two", ", ", 3);
        CHECK(out.buffered() == 11);
        CHECK(pipe.size() == 0);
        co_await out.flush();
        CHECK(out.buffered() == 0);
        CHECK(take(pipe) == "one, two, 3");
        co_await out.flush();
        CHECK(pipe.size() == 0);
    });
}

TEST_CASE("what does not fit is sent along with what is buffered", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        writer out(pipe, {.buffer_size = 8});
        co_await out.write("12345678");
        CHECK(pipe.size() == 0);
        co_await out.write("9");
        CHECK(take(pipe) == "123456789");
        CHECK(out.buffered() == 0);
        co_await out.print(1, "+", 2);
        co_await out.print(" is ", 3, ", not ", 4.5);
        CHECK(take(pipe) == "1+2 is 3, not 4.5");
        co_await out.write("more than eight");
        CHECK(take(pipe) == "more than eight");
    });
}

TEST_CASE("with a buffer size of 0 all is sent as it is written", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        writer out(pipe, {.buffer_size = 0});
        co_await out.write("a");
        CHECK(take(pipe) == "a");
        co_await out.print("b", 2);
        CHECK(take(pipe) == "b2");
        co_await out.write("");
        co_await out.flush();
        CHECK(pipe.size() == 0);
    });
}

TEST_CASE("what is buffered and what is written leave a socket in one piece", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        writer out(pair.one, {.buffer_size = 16});
        const std::string body(100, 'x');
        co_await out.print("head ", 100, "\n");
        co_await out.write(body);
        std::array<char, 200> buffer{};
        const std::size_t size = co_await pair.other.recv(buffer);
        CHECK(std::string_view(buffer.data(), size) == "head 100\n" + body);
    });
}

TEST_CASE("a slow reader holds the writer back, which needs no more than its buffer", "[net]") {
    const std::size_t buffer_size = GENERATE(0U, 100U, 8192U);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        const std::string bytes = byte_pattern(std::size_t{4} << 20U);
        const auto write_all = [&]() -> task<> {
            writer out(pair.one, {.buffer_size = buffer_size});
            for (std::size_t at = 0; at < bytes.size(); at += 1000) {
                co_await out.write(std::string_view(bytes).substr(at, 1000));
                CHECK(out.buffered() <= buffer_size);
            }
            co_await out.flush();
            co_await pair.one.end_sending();
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(write_all());
            const std::string half = co_await receive(pair.other, bytes.size() / 2, 5'000);
            CHECK_FALSE(pair.one.idle());  // it waits still
            const std::string rest = co_await receive(pair.other, bytes.size(), 50'000);
            CHECK((half + rest == bytes));
        });
    });
}

TEST_CASE("in a cancelled scope nothing is written, and nothing has happened", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        writer out(pipe, {.buffer_size = 8});
        co_await out.write("kept, ");
        {
            cancel_scope scope;
            scope.cancel();
            std::error_code error;
            co_await out.write("x", error);
            CHECK(error == std::errc::operation_canceled);
            co_await out.flush(error);
            CHECK(error == std::errc::operation_canceled);
            const std::string text = co_await thrown_by([&] { return out.print(1); });
            CHECK(text.find("print: ") == 0);
            const std::string other = co_await thrown_by([&] { return out.write("too long"); });
            CHECK(other.find("write: ") == 0);
        }
        CHECK_FALSE(out.failed());
        CHECK(out.buffered() == 6);
        co_await out.write("sent");
        CHECK(take(pipe) == "kept, sent");
    });
}

TEST_CASE("a flush that is cancelled while it waits is the last one", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(4);
        writer out(pipe);
        co_await out.write("123456");
        cancel_scope* scope = nullptr;
        std::error_code error;
        joinable_task_group group;
        group.spawn(cancellable(scope, flush(out, error)));
        CHECK_FALSE(out.idle());
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(out.failed());
        CHECK(out.idle());
        CHECK(out.buffered() == 0);
        CHECK(take(pipe) == "1234");
        error.clear();
        co_await out.write("x", error);
        CHECK(error == std::errc::operation_canceled);
        const std::string text = co_await thrown_by([&] { return out.flush(); });
        CHECK(text.find("send: ") == 0);
        CHECK(pipe.size() == 0);
    });
}

TEST_CASE("a flush that is cancelled in the turn in which it succeeds has succeeded", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(4);
        writer out(pipe);
        co_await out.write("123456");
        cancel_scope* scope = nullptr;
        std::error_code error = std::make_error_code(std::errc::io_error);
        joinable_task_group group;
        group.spawn(cancellable(scope, flush(out, error)));
        std::string received = take(pipe);
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK_FALSE(out.failed());
        received += take(pipe);
        CHECK(received == "123456");
    });
}

TEST_CASE("the stream's error is thrown, and again by whatever is written later", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair sockets = unix_pair();
        ringlet::stream one(owner, std::move(sockets.one));
        writer out(one);
        sockets.other = ringlet::socket();
        co_await out.write("into the void");
        for (int attempt = 0; attempt < 2; ++attempt) {
            const std::string text = co_await thrown_by([&] { return out.flush(); });
            CHECK(text == "send: Broken pipe");
        }
        std::error_code error;
        co_await out.write("x", error);
        CHECK(error == std::errc::broken_pipe);
        CHECK(out.failed());
    });
}

TEST_CASE("the writer's timeout is for each send", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        memory_pipe pipe(4);
        writer out(pipe, {.timeout = 3s});
        co_await out.write("1234");
        co_await out.flush();
        co_await out.write("5");
        const auto start = owner.now();
        std::error_code error;
        co_await out.flush(error);
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 3s);
        CHECK(out.failed());
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("a second write at the same time is a mistake that is told", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe(1);
        writer out(pipe);
        co_await out.write("12");
        std::error_code error;
        joinable_task_group group;
        group.spawn(flush(out, error));
        const std::string text = co_await thrown_by([&] { return out.print("x"); });
        CHECK(text.find("print: another one is pending") == 0);
        CHECK(take(pipe) == "1");
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(take(pipe) == "2");
    });
}

TEST_CASE("who only writes what there is room for does not keep the others waiting", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        writer out(pipe, {.buffer_size = 1'000'000});
        const auto again = [&] { return out.write("x"); };
        const bool others = co_await others_go_on(again);
        CHECK(others);
        CHECK(out.buffered() < 100'000);
    });
}

TEST_CASE("what was not flushed at the end is not sent", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        memory_pipe pipe;
        {
            writer out(pipe, {.buffer_size = 4096});
            co_await out.write("forgotten");
        }
        CHECK(pipe.size() == 0);
        CHECK(owner.core().frames().cached_bytes() >= 4096);
    });
}

TEST_CASE("a writer belongs to a loop", "[net]") {
    CHECK_THROWS_AS(
        [] {
            memory_pipe pipe;
            const writer out(pipe);
        }(),
        std::logic_error);
}

#ifdef __cpp_lib_format
TEST_CASE("a writer writes what std::format makes of its arguments", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe pipe;
        writer out(pipe, {.buffer_size = 64});
        co_await out.format("{} of {:>4}", 1, std::string("two"));
        CHECK(pipe.size() == 0);
        co_await out.flush();
        CHECK(take(pipe) == "1 of  two");
    });
}
#endif

TEST_CASE("print stores its error where a std::error_code comes last", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::unix_socket);
        writer out(pair.one, {.buffer_size = 0});
        std::error_code error = std::make_error_code(std::errc::broken_pipe);
        co_await out.print("status ", 200, error);
        CHECK_FALSE(error);
        const std::string received = co_await receive(pair.other, 10);
        CHECK(received == "status 200");
        co_await pair.other.close();
        co_await out.print("status ", 200, error);
        CHECK(error == std::errc::broken_pipe);
        CHECK(out.failed());
    });
}

}  // namespace tests::net_writer
