// Cancelling a read, at whichever receive and however late, never loses a byte.

#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "conversation.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "scripted_stream.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_reader_cancellation {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::reader;
using ringlet::stream_errc;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

/// Awaits reads of a scripted_stream, cancelling the one that comes to a certain receive, once, and
/// repeating it then.
class interrupting {
public:
    interrupting(scripted_stream& from, std::size_t receive, bool received_anyway) noexcept
        : from_(from), receive_(receive), received_anyway_(received_anyway) {}

    template <class Read>
    task<> operator()(const Read& read) {
        if (done_)
            co_return co_await read();
        bool again = false;
        {
            cancel_scope scope;
            from_.cancel_at(receive_, received_anyway_, scope);
            try {
                co_await read();
            } catch (const std::system_error& thrown) {
                if (thrown.code() != std::errc::operation_canceled)
                    throw;
                again = true;
            }
            from_.forget_scope();
            done_ = scope.cancelled();
        }
        if (again)
            co_await read();
    }

    [[nodiscard]] bool done() const noexcept { return done_; }

private:
    scripted_stream& from_;
    std::size_t receive_;
    bool received_anyway_;
    bool done_ = false;
};

}  // namespace

TEST_CASE("a read that is cancelled at any receive and made again reads the same", "[net]") {
    const bool received_anyway = GENERATE(false, true);
    const std::size_t buffer_size = GENERATE(0U, 1U, 7U, 8192U);
    run_virtually([=](loop&) -> task<> {
        for (const std::size_t piece : {1U, 2U, 5U, 100U}) {
            bool interrupted = true;
            for (std::size_t receive = 0; interrupted; ++receive) {
                scripted_stream from(incoming(conversation, piece));
                reader in(from, {.buffer_size = buffer_size});
                interrupting attempt(from, receive, received_anyway);
                const std::string read = co_await converse(in, std::ref(attempt));
                INFO("receive " << receive << ", pieces of " << piece << ", buffer of "
                                << buffer_size);
                CHECK(read == understood);
                interrupted = attempt.done();
                REQUIRE(receive <= 2 * conversation.size());
            }
        }
    });
}

TEST_CASE("a read that is cancelled on a socket leaves what had come", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, kind);
        reader in(pair.other, {.buffer_size = 16});
        std::array<char, 40> large{};
        const auto expect_cancelled = [&](auto read) -> task<> {
            cancel_scope* scope = nullptr;
            std::error_code error;
            const auto cancelled = [&]() -> task<> { co_await read(error); };
            joinable_task_group group;
            group.spawn(cancellable(scope, cancelled()));
            co_await pair.one.send_all("0123456789");
            while (in.buffered().empty() && large[0] == 0)
                co_await ringlet::yield();
            scope->cancel();
            co_await group.join();
            CHECK(error == std::errc::operation_canceled);
        };
        co_await expect_cancelled([&](std::error_code& error) { return in.read_line(error); });
        CHECK_AWAITED(co_await in.read_exactly(10), "0123456789");
        co_await expect_cancelled(
            [&](std::error_code& error) { return in.read_exactly(large, error); });
        CHECK(in.buffered() == "0123456789");
        co_await pair.one.send_all("\n");
        CHECK_AWAITED(co_await in.read_line(), "0123456789");
    });
}

TEST_CASE("in a cancelled scope a read fails at once, though its answer is buffered", "[net]") {
    run_virtually([](loop&) -> task<> {
        scripted_stream from(incoming("one\ntwo\nthree"));
        reader in(from);
        CHECK_AWAITED(co_await in.read_line(), "one");
        {
            cancel_scope scope;
            scope.cancel();
            std::string text;
            try {
                co_await in.read_line();
            } catch (const std::system_error& thrown) {
                text = thrown.what();
                CHECK(thrown.code() == std::errc::operation_canceled);
            }
            CHECK(text.find("read_line") == 0);
            std::error_code error;
            CHECK_AWAITED(co_await in.read_exactly(2, error), "");
            CHECK(error == std::errc::operation_canceled);
            CHECK_AWAITED(co_await in.skip(2, error), 0);
            CHECK(error == std::errc::operation_canceled);
        }
        CHECK(from.receives() == 1);
        CHECK_AWAITED(co_await in.read_line(), "two");
    });
}

TEST_CASE("a deadline around a read fails it with timed_out, and takes nothing", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.other);
        co_await pair.one.send_all("begun");
        const auto start = owner.now();
        std::error_code error;
        CHECK_AWAITED(co_await ringlet::with_timeout(5s, in.read_line(error)), std::nullopt);
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 5s);
        co_await pair.one.send_all(" and ended\n");
        CHECK_AWAITED(co_await ringlet::with_timeout(5s, in.read_line()), "begun and ended");
    });
}

TEST_CASE("the reader's timeout is for each wait, and costs a read that waits for none nothing",
          "[net]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.other, {.timeout = 3s});
        const auto send_slowly = [&]() -> task<> {
            for (const std::string_view piece : {"first ", "line", "\nsecond line\n"}) {
                co_await ringlet::sleep_for(2s);
                co_await pair.one.send_all(piece);
            }
        };
        joinable_task_group group;
        group.spawn(send_slowly());
        CHECK_AWAITED(co_await in.read_line(), "first line");
        CHECK_AWAITED(co_await in.read_line(), "second line");
        const auto start = owner.now();
        std::string text;
        try {
            co_await in.read_line();
        } catch (const std::system_error& thrown) {
            text = thrown.what();
            CHECK(thrown.code() == std::errc::timed_out);
        }
        CHECK(text.find("recv") == 0);
        CHECK(owner.now() - start == 3s);
        CHECK(owner.core().timers().empty());
        co_await pair.one.send_all("late\n");
        CHECK_AWAITED(co_await in.read_line(), "late");
        co_await group.join();
    });
}

TEST_CASE("a second read at the same time is a mistake that is told", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        reader in(pair.other);
        co_await pair.one.send_all("begun");
        std::string read;
        const auto first = [&]() -> task<> { read = *co_await in.read_line(); };
        joinable_task_group group;
        group.spawn(first());
        co_await ringlet::yield();
        CHECK_FALSE(in.idle());
        std::string text;
        try {
            co_await in.read_exactly(1);
        } catch (const std::logic_error& thrown) {
            text = thrown.what();
        }
        CHECK(text.find("read_exactly: another one is pending") == 0);
        co_await pair.one.send_all("\n");
        co_await group.join();
        CHECK(read == "begun");
        CHECK(in.idle());
    });
}

TEST_CASE("a read has its turn even where it is cancelled while it waits for that", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        scripted_stream from{incoming("one\ntwo\n")};
        reader in(from);
        CHECK_AWAITED(co_await in.read_line(), "one");
        std::string read;
        std::error_code error = stream_errc::too_long;
        const auto reads = [&]() -> task<> {
            while (owner.core().may_complete_inline()) {
            }
            read = (co_await in.read_line(error)).value_or("nothing");
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, reads()));
        CHECK(read.empty());
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(read == "two");
    });
}

}  // namespace tests::net_reader_cancellation
