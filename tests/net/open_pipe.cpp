#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "forked_child.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/open_pipe.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_open_pipe {

using ringlet::descriptor_stream;
using ringlet::loop;
using ringlet::open_pipe;
using ringlet::pipe_ends;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// Everything up to the end, in pieces of at most `piece_max`, with a turn for others in between.
task<std::string> receive_all(descriptor_stream& from, std::size_t piece_max = 65'536) {
    std::string received;
    std::string piece(piece_max, '\0');
    while (const std::size_t count = co_await from.recv(piece)) {
        received.append(piece, 0, count);
        co_await ringlet::yield();
    }
    co_return received;
}

task<> send(descriptor_stream& to, std::string_view bytes, std::size_t& sent,
            std::error_code& error) {
    sent = co_await to.send_all(bytes, error);
}

/// Waits until `pending` waits in the ring for what does not come.
task<> settle(const descriptor_stream& pending) {
    for (int i = 0; i < 20 || pending.idle(); ++i)
        co_await ringlet::yield();
}

}  // namespace

TEST_CASE("what is sent into a pipe comes out of it, and so does the end", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        pipe_ends pipe = open_pipe();
        CHECK(&pipe.sending.owner() == &owner);
        std::array<char, 16> buffer{};
        CHECK_AWAITED(co_await pipe.sending.send_all("hello"), 5);
        CHECK_AWAITED(co_await pipe.receiving.recv(buffer), 5);
        CHECK(std::string_view(buffer.data(), 5) == "hello");
        CHECK_FALSE(pipe.receiving.at_end());
        co_await pipe.sending.end_sending();
        CHECK_AWAITED(co_await pipe.receiving.recv(buffer), 0);
        CHECK(pipe.receiving.at_end());
        std::error_code error;
        CHECK_AWAITED(co_await pipe.sending.send_all("more", error), 0);
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("the descriptors of a pipe are close-on-exec, and block for others", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const pipe_ends pipe = open_pipe();
        for (const int fd :
             {pipe.receiving.receiving_descriptor(), pipe.sending.sending_descriptor()}) {
            CHECK(::fcntl(fd, F_GETFD) == FD_CLOEXEC);
            CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
        }
        CHECK(pipe.receiving.sending_descriptor() == -1);
        CHECK(pipe.sending.receiving_descriptor() == -1);
        co_return;
    });
}

TEST_CASE("a slow reader of a pipe gets all of eight mebibytes, and holds the sender back",
          "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends pipe = open_pipe();
        const std::string bytes = byte_pattern(8 << 20);
        std::size_t sent = 0;
        std::error_code error;
        joinable_task_group group;
        group.spawn(send(pipe.sending, bytes, sent, error));
        co_await settle(pipe.sending);
        CHECK(sent == 0);  // it waits still
        const auto end = [&]() -> task<> {
            while (sent == 0)
                co_await ringlet::yield();
            co_await pipe.sending.end_sending();
        };
        group.spawn(end());
        const std::string received = co_await receive_all(pipe.receiving, 50'000);
        CHECK((received == bytes));
        co_await group.join();
        CHECK(sent == bytes.size());
    });
}

TEST_CASE("send takes a part where not all fits into a pipe, and says how much", "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends pipe = open_pipe();
        const std::string bytes = byte_pattern(1 << 20);
        const std::size_t sent = co_await pipe.sending.send(bytes);
        CHECK(sent > 0);
        CHECK(sent < bytes.size());
        co_await pipe.sending.close();
        const std::string received = co_await receive_all(pipe.receiving);
        CHECK((received == bytes.substr(0, sent)));
    });
}

TEST_CASE("a pipe without a reader breaks, for one that waits too, and raises no signal", "[net]") {
    const bool waits = GENERATE(false, true);
    const child_end child = run_in_child([waits] {
        std::signal(SIGPIPE, SIG_DFL);
        run_coroutine([=]() -> task<> {
            pipe_ends pipe = open_pipe();
            const std::string much(1 << 20, 'x');
            std::size_t sent = 0;
            std::error_code error;
            joinable_task_group group;
            if (waits) {
                group.spawn(send(pipe.sending, much, sent, error));
                co_await settle(pipe.sending);
                co_await pipe.receiving.close();
            } else {
                co_await pipe.receiving.close();
                group.spawn(send(pipe.sending, much, sent, error));
            }
            co_await group.join();
            if (error != std::errc::broken_pipe || (sent > 0) != waits)
                throw std::system_error(error, "send");
        });
        sigset_t state;
        ::sigpending(&state);
        const bool pending = ::sigismember(&state, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &state);
        return pending || ::sigismember(&state, SIGPIPE) == 1 ? 1 : 0;
    });
    INFO(child.text);
    CHECK(child.exited_with(0));
}

TEST_CASE("what waits for a pipe is cancelled with its coroutine, and nothing is lost", "[net]") {
    const bool sending = GENERATE(false, true);
    run_without_leak([=](loop&) -> task<> {
        pipe_ends pipe = open_pipe();
        const std::string much = byte_pattern(1 << 20);
        std::size_t count = 0;
        std::error_code error;
        std::array<char, 16> buffer{};
        const auto receive = [&]() -> task<> {
            count = co_await pipe.receiving.recv(buffer, error);
        };
        ringlet::cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(
            cancellable(scope, sending ? send(pipe.sending, much, count, error) : receive()));
        co_await settle(sending ? pipe.sending : pipe.receiving);
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK((count > 0) == sending);
        co_await pipe.sending.send_all(sending ? "" : "later");
        co_await pipe.sending.close();
        const std::string rest = co_await receive_all(pipe.receiving);
        CHECK((rest == (sending ? much.substr(0, count) : "later")));
    });
}

TEST_CASE("closing an end of a pipe ends what is pending on it", "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends pipe = open_pipe();
        std::error_code error;
        std::array<char, 16> buffer{};
        const auto receive = [&]() -> task<> { co_await pipe.receiving.recv(buffer, error); };
        joinable_task_group group;
        group.spawn(receive());
        co_await settle(pipe.receiving);
        CHECK_THROWS_AS(pipe.receiving.end_receiving(), std::logic_error);
        co_await pipe.receiving.close();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK_FALSE(pipe.receiving.is_open());
        co_await pipe.receiving.recv(buffer, error);
        CHECK(error == std::errc::bad_file_descriptor);
        co_await pipe.receiving.close();
    });
}

TEST_CASE("a program that is started may have the ends of pipes, and its output ends with it",
          "[net]") {
    run_without_leak([](loop&) -> task<> {
        pipe_ends input = open_pipe();
        pipe_ends output = open_pipe();
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, input.receiving.receiving_descriptor(), 0);
        ::posix_spawn_file_actions_adddup2(&actions, output.sending.sending_descriptor(), 1);
        std::string program = "cat";
        std::array<char*, 2> arguments{program.data(), nullptr};
        pid_t pid = 0;
        REQUIRE(::posix_spawnp(&pid, "cat", &actions, nullptr, arguments.data(), environ) == 0);
        ::posix_spawn_file_actions_destroy(&actions);
        input.receiving.end_receiving();
        co_await output.sending.end_sending();
        const std::string bytes = byte_pattern(1 << 20);
        const auto feed = [&]() -> task<> {
            co_await input.sending.send_all(bytes);
            co_await input.sending.end_sending();
        };
        joinable_task_group group;
        group.spawn(feed());
        const std::string echoed = co_await receive_all(output.receiving);
        CHECK((echoed == bytes));
        co_await group.join();
        int status = -1;
        CHECK(::waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
    });
}

}  // namespace tests::net_open_pipe
