// Streams on terminals; those on other descriptors are in descriptor_stream.cpp.

#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "forked_child.hpp"
#include "pseudo_terminal.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/descriptor_stream.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/relay.hpp>

#include <array>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_terminals {

using ringlet::descriptor_stream;
using ringlet::loop;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// The next `size` bytes, or fewer where the stream ends before.
task<std::string> receive(descriptor_stream& from, std::size_t size) {
    std::string received(size, '.');
    std::size_t count = 0;
    while (count < size) {
        const std::size_t more = co_await from.recv(std::span(received).subspan(count));
        if (more == 0)
            break;
        count += more;
    }
    received.resize(count);
    co_return received;
}

}  // namespace

TEST_CASE("a terminal gives lines as they are typed, and shows what is sent", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const pseudo_terminal terminal;
        descriptor_stream user(::dup(terminal.master()));
        descriptor_stream program(terminal.open());
        ringlet::reader typed(program);
        co_await user.send_all("hello\nand ");
        CHECK_AWAITED(co_await typed.read_line(), "hello");
        co_await user.send_all("more\n");
        CHECK_AWAITED(co_await typed.read_line(), "and more");
        CHECK_AWAITED(co_await receive(user, 17), "hello\r\nand more\r\n");  // the echo
        co_await program.send_all("shown\n");
        CHECK_AWAITED(co_await receive(user, 7), "shown\r\n");
        co_await user.send_all("\4");  // Ctrl-D
        CHECK_AWAITED((co_await typed.read_line()).has_value(), false);
    });
}

TEST_CASE("the flags of a terminal that others share stay as they are", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const pseudo_terminal terminal;
        const pipe_end shared(terminal.open());
        descriptor_stream program(::dup(shared.native_handle()));
        co_await program.send_all("shown\n");
        CHECK((::fcntl(shared.native_handle(), F_GETFL) & O_NONBLOCK) == 0);
        CHECK((::fcntl(program.sending_descriptor(), F_GETFL) & O_NONBLOCK) != 0);
    });
}

TEST_CASE("a terminal that takes nothing holds up its sender only, and that can be cancelled",
          "[net]") {
    const child_end child = run_in_child([] {  // which ends at a time limit
        run_coroutine([]() -> task<> {
            const pseudo_terminal terminal;
            descriptor_stream program(terminal.open());
            const std::string much(1 << 20, 'x');
            std::size_t sent = 0;
            std::error_code error;
            const auto send = [&]() -> task<> { sent = co_await program.send_all(much, error); };
            ringlet::cancel_scope* scope = nullptr;
            joinable_task_group group;
            group.spawn(cancellable(scope, send()));
            for (int i = 0; i < 20; ++i)
                co_await ringlet::yield();
            scope->cancel();
            co_await group.join();
            if (error != std::errc::operation_canceled || sent == 0 || sent >= much.size())
                throw std::system_error(error, "send");
        });
        return 0;
    });
    INFO(child.text);
    CHECK(child.exited_with(0));
}

TEST_CASE("a terminal that is read slowly shows all", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const pseudo_terminal terminal;
        terminal.make_raw();
        descriptor_stream user(::dup(terminal.master()));
        descriptor_stream program(terminal.open());
        const std::string much = byte_pattern(300'000);
        const auto send = [&]() -> task<> { co_await program.send_all(much); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send());
            const std::string shown = co_await receive(user, much.size());
            CHECK((shown == much));
        });
    });
}

TEST_CASE("what waits for a terminal is cancelled, and takes no byte", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const pseudo_terminal terminal;
        descriptor_stream user(::dup(terminal.master()));
        descriptor_stream program(terminal.open());
        std::array<char, 16> buffer{};
        std::error_code error;
        const auto wait = [&]() -> task<> { co_await program.recv(buffer, error); };
        ringlet::cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, wait()));
        co_await user.send_all("half a li");
        for (int i = 0; i < 20; ++i)
            co_await ringlet::yield();
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        co_await user.send_all("ne\n");
        CHECK_AWAITED(co_await receive(program, 12), "half a line\n");
    });
}

TEST_CASE("a relay connects a terminal with a server", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const pseudo_terminal terminal;
        stream_pair pair = make_streams(owner);
        descriptor_stream user(::dup(terminal.master()));
        descriptor_stream program(terminal.open(O_RDONLY), terminal.open(O_WRONLY));
        ringlet::relay_result result;
        const auto run = [&]() -> task<> { result = co_await ringlet::relay(program, pair.one); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(run());
            co_await user.send_all("hello\n");
            CHECK_AWAITED(co_await ::receive(pair.other, 6), "hello\n");
            co_await user.send_all("\4");  // Ctrl-D
            CHECK_AWAITED(co_await ::receive(pair.other, 1), "");
            co_await pair.other.send_all("goodbye\n");
            co_await pair.other.end_sending();
            CHECK_AWAITED(co_await receive(user, 16), "hello\r\ngoodbye\r\n");
        });
        CHECK(result.forth == 6);
        CHECK(result.back == 8);
    });
}

}  // namespace tests::net_terminals
