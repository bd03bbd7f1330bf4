#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/copy.hpp>
#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_copy {

using ringlet::copy;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::memory_pipe;

namespace {

/// Sends `bytes`, and then the end.
template <class Stream>
task<> send_whole(Stream& to, std::string_view bytes) {
    co_await to.send_all(bytes);
    co_await to.end_sending();
}

/// What a copy has come to.
struct outcome {
    std::uint64_t bytes = 0;
    std::error_code from_error;
    std::error_code to_error;
};

template <class From, class To>
task<> copy_into(outcome& ended, From& from, To& to,
                 std::size_t buffer_size = ringlet::copy_buffer_size) {
    ended.bytes = co_await copy(from, to, ended.from_error, ended.to_error, buffer_size);
}

/// A stream to read from that fails as no stream of the library does.
struct odd_stream {
    task<std::size_t> recv(ringlet::mutable_buffer /*into*/) {
        co_await ringlet::yield();
        throw std::runtime_error("odd");
    }
};

}  // namespace

TEST_CASE("a copy of a stream is whole, and what it goes to stays open", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair source = make_streams(owner, kind);
        stream_pair target = make_streams(owner, kind);
        bound_buffers(source);
        bound_buffers(target);
        const std::string bytes = byte_pattern(4 << 20);
        const auto copy_and_go_on = [&]() -> task<> {
            CHECK_AWAITED(co_await copy(source.other, target.one), bytes.size());
            co_await send_whole(target.one, "and more");
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_whole(source.one, bytes));
            group.spawn(copy_and_go_on());
            const std::string copied = co_await receive(target.other, bytes.size() + 100, 100'000);
            CHECK((copied == bytes + "and more"));
        });
    });
}

TEST_CASE("a copy between any streams is whole, whatever the size of its buffer", "[net]") {
    const std::size_t buffer_size = GENERATE(1U, 7U, 10U, 100'000U);
    run_virtually([=](loop&) -> task<> {
        ringlet::stream_pair source(10);
        ringlet::stream_pair target(6);
        const std::string bytes = byte_pattern(1000);
        const auto copy_whole = [&]() -> task<> {
            CHECK_AWAITED(co_await copy(source.other, target.one, buffer_size), bytes.size());
            co_await target.one.end_sending();
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_whole(source.one, bytes));
            group.spawn(copy_whole());
            std::string copied;
            std::array<char, 9> piece{};
            while (const std::size_t count = co_await target.other.recv(piece))
                copied.append(piece.data(), count);
            CHECK(copied == bytes);
        });
    });
}

TEST_CASE("a copy to a slow receiver holds one piece, and takes no more", "[net]") {
    run_virtually([](loop&) -> task<> {
        memory_pipe source(10);
        memory_pipe target(10);
        std::error_code error;
        std::size_t sent = 0;
        outcome ended;
        const auto send_much = [&]() -> task<> {
            const std::string much(1000, 'x');
            sent = co_await source.send_all(much, error);
        };
        ringlet::cancel_scope* copying = nullptr;
        ringlet::detail::joinable_task_group group;
        group.spawn(send_much());
        group.spawn(cancellable(copying, copy_into(ended, source, target, 5)));
        co_await ringlet::sleep_for(std::chrono::hours(1));
        source.cancel_send();
        copying->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(sent == 10 + 5 + 10);  // in the two pipes, and in between
    });
}

TEST_CASE("of a copy that fails it is known which stream has failed, and how far it got", "[net]") {
    const bool receiving_fails = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair source = make_streams(owner);
        stream_pair target = make_streams(owner);
        outcome ended;
        ended.from_error = ended.to_error = std::make_error_code(std::errc::invalid_argument);
        ringlet::detail::joinable_task_group group;
        group.spawn(copy_into(ended, source.other, target.one));
        co_await source.one.send_all("part");
        CHECK_AWAITED(co_await receive(target.other, 4), "part");
        if (receiving_fails) {
            co_await source.one.abort();
        } else {
            co_await target.other.abort();
            co_await source.one.send_all("more");
        }
        co_await group.join();
        const auto& error = receiving_fails ? ended.from_error : ended.to_error;
        CHECK((error == std::errc::connection_reset || error == std::errc::broken_pipe));
        CHECK_FALSE((receiving_fails ? ended.to_error : ended.from_error));
        CHECK(ended.bytes == 4);
    });
}

TEST_CASE("a copy ends when it is cancelled, whichever stream it waits for", "[net]") {
    const bool sending = GENERATE(false, true);
    run_virtually([=](loop&) -> task<> {
        ringlet::stream_pair source;
        ringlet::stream_pair target(10);
        outcome ended;
        ringlet::cancel_scope* copying = nullptr;
        ringlet::detail::joinable_task_group group;
        group.spawn(cancellable(copying, copy_into(ended, source.other, target.one)));
        co_await source.one.send_all("12345678");
        std::array<char, 8> piece{};
        CHECK_AWAITED(co_await target.other.recv(piece), 8);
        if (sending)
            co_await source.one.send_all("12345678901");  // for which the target has no room
        co_await ringlet::sleep_for(std::chrono::hours(1));
        copying->cancel();
        co_await group.join();
        CHECK((sending ? ended.to_error : ended.from_error) == std::errc::operation_canceled);
        CHECK_FALSE((sending ? ended.from_error : ended.to_error));
        CHECK(ended.bytes == (sending ? 8 + 10 : 8));  // as many as the target has room for
        CHECK(target.one.idle());
        CHECK(source.other.idle());
    });
}

TEST_CASE("a copy throws what its streams throw", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        ringlet::stream_pair target;
        co_await pair.one.abort();
        std::string thrown;
        try {
            co_await copy(pair.other, target.one);
        } catch (const std::system_error& failure) {
            thrown = failure.what();
        }
        CHECK(thrown == "recv: Connection reset by peer");
        odd_stream odd;
        std::error_code from_error;
        std::error_code to_error;
        thrown.clear();
        try {
            co_await copy(odd, target.one, from_error, to_error);
        } catch (const std::runtime_error& failure) {
            thrown = failure.what();
        }
        CHECK(thrown == "odd");
        thrown.clear();
        try {
            co_await copy(pair.one, target.one, std::size_t{0});
        } catch (const std::invalid_argument& failure) {
            thrown = failure.what();
        }
        CHECK(thrown == "copy: buffer_size must be 1 or more");
    });
}

}  // namespace tests::net_copy
