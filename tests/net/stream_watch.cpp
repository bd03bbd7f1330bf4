#include "cancellable.hpp"
#include "catch.hpp"
#include "timed_connection.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/net/writer.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace tests::net_stream_watch {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::stream_watch;
using ringlet::task;
using ringlet::task_group;

namespace {

/// What an await on the stream came to, and when.
struct outcome {
    std::error_code error = std::make_error_code(std::errc::io_error);
    std::size_t count = 0;
    timed_connection::duration at{};

    [[nodiscard]] bool timed_out() const { return error == std::errc::timed_out; }
};

task<> receive(timed_connection& here, outcome& ended) {
    std::array<char, 100> buffer;
    ended.count = co_await here.stream().recv(buffer, ended.error);
    ended.at = here.age();
}

task<> send_all(timed_connection& here, std::size_t size, outcome& ended) {
    const std::vector<std::byte> bytes(size);
    ended.count = co_await here.stream().send_all(bytes, ended.error);
    ended.at = here.age();
}

task<> send_gathered(timed_connection& here, std::size_t size, outcome& ended) {
    const std::vector<std::byte> bytes(size);
    const std::array<ringlet::const_buffer, 2> halves{std::span(bytes).first(size / 2),
                                                      std::span(bytes).subspan(size / 2)};
    ended.count = co_await here.stream().send_all(std::span(halves), ended.error);
    ended.at = here.age();
}

}  // namespace

TEST_CASE("a receive that waits for too long times out, and the next has its time anew", "[net]") {
    timed_connection here;
    here.receives = {{1h, 1}, {30s - 1ns, 8}, {31s, 1}};
    here.sends = {{1s, 4}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.read = 30s});
        outcome first;
        outcome answer;
        outcome second;
        outcome third;
        co_await receive(here, first);
        CHECK(first.timed_out());
        CHECK(first.count == 0);
        CHECK(first.at == 30s);
        co_await send_all(here, 4, answer);  // as a 408 would be
        CHECK_FALSE(answer.error);
        co_await receive(here, second);
        CHECK_FALSE(second.error);
        CHECK(second.count == 8);
        co_await receive(here, third);
        CHECK(third.timed_out());
        CHECK(third.at - second.at == 30s);
    });
}

TEST_CASE("what times out throws timed_out under the name of its call", "[net]") {
    timed_connection here;
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 1s});
        std::array<char, 1> buffer;
        std::string text;
        try {
            co_await here.stream().recv(buffer);
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::timed_out);
            text = error.what();
        }
        CHECK(text.starts_with("recv"));
    });
}

TEST_CASE("a receive whose time is up when its bytes come keeps them", "[net]") {
    timed_connection here;
    here.receives = {{30s, 8}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 30s, .read = 30s});
        outcome ended;
        co_await receive(here, ended);
        CHECK_FALSE(ended.error);
        CHECK(ended.count == 8);
    });
}

TEST_CASE("a send is late when nothing more has gone for so long, however much has", "[net]") {
    const auto kind = GENERATE(&send_all, &send_gathered);
    timed_connection here;
    for (int piece = 0; piece < 10; ++piece)
        here.sends.push_back({25s, 1000});
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.write = 30s});
        outcome ended;
        co_await kind(here, 20'000, ended);
        CHECK(ended.timed_out());
        CHECK(ended.count == 10'000);
        CHECK(ended.at == 280s);
        here.sends = {{29s, 500}, {29s, 500}};
        co_await kind(here, 1'000, ended);
        CHECK_FALSE(ended.error);
        CHECK(ended.count == 1'000);
    });
}

TEST_CASE("a stream is idle when no byte goes either way, and all that is pending ends", "[net]") {
    timed_connection here;
    here.receives = {{20s, 1}};
    here.sends = {{20s, 1'000}, {25s, 1'000}, {29s, 500}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 30s});
        outcome first;
        outcome second;
        outcome received;
        outcome sent;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_all(here, 3'000, sent));
            co_await receive(here, first);
            co_await receive(here, second);
        });
        CHECK_FALSE(first.error);
        CHECK(second.timed_out());
        CHECK(second.at == 104s);
        CHECK(sent.timed_out());
        CHECK(sent.at == 104s);
        CHECK(sent.count == 2'500);

        here.sends = {{29s, 10}};
        co_await send_all(here, 10, sent);  // its time begins when it does
        CHECK_FALSE(sent.error);
        co_await receive(here, received);
        CHECK(received.timed_out());
        CHECK(received.at == 163s);
    });
}

TEST_CASE("what is received keeps a stream from being idle, though a send goes on waiting",
          "[net]") {
    timed_connection here;
    here.receives = {{20s, 1}, {20s, 1}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 30s});
        outcome received;
        outcome sent;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_all(here, 1, sent));
            co_await receive(here, received);
            co_await receive(here, received);
        });
        CHECK(sent.timed_out());
        CHECK(sent.at == 70s);
    });
}

TEST_CASE("a send is left to the system whole, unless its progress matters", "[net]") {
    const ringlet::stream_timeouts timeouts =
        GENERATE(ringlet::stream_timeouts{}, ringlet::stream_timeouts{.read = 1h});
    timed_connection here;
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), timeouts);
        { const stream_watch watch_sending(here.stream(), {.write = 1h}); }
        here.sends = {{1s, 1}, {1s, 1}};
        outcome sent;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(send_all(here, 2, sent));
            co_await ringlet::sleep_for(500ms);
            CHECK(here.sends.empty());
        });
        CHECK(sent.at == 2s);
    });
}

TEST_CASE("a receive may be late though much is sent, a send though much is received", "[net]") {
    timed_connection here;
    for (int i = 0; i < 100; ++i) {
        here.receives.push_back({1s, 1});
        here.sends.push_back({1s, 1});
    }
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 40s, .read = 30s, .write = 20s});
        const auto receive_for_ever = [&]() -> task<> {
            for (outcome each; each.at < 60s;)
                co_await receive(here, each);
        };
        outcome late;
        here.sends.push_front({1h, 1});
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receive_for_ever());
            co_await send_all(here, 1, late);
        });
        CHECK(late.timed_out());
        CHECK(late.at == 20s);
    });
}

TEST_CASE("what keeps the program busy does not count against the peer", "[net]") {
    timed_connection here;
    here.receives = {{1s, 5}, {29s, 5}};
    here.sends = {{29s, 5}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 30s, .read = 30s, .write = 30s});
        outcome request;
        outcome answer;
        outcome next;
        co_await receive(here, request);
        co_await ringlet::sleep_for(1h);
        co_await send_all(here, 5, answer);
        CHECK_FALSE(answer.error);
        co_await ringlet::sleep_for(1h + 7s);
        co_await receive(here, next);
        CHECK_FALSE(next.error);
        co_await receive(here, next);
        CHECK(next.timed_out());
        CHECK(next.at == 2h + 7s + 1s + 29s + 29s + 30s);
    });
}

TEST_CASE("without timeouts a watch takes no timer", "[net]") {
    timed_connection here;
    here.receives = {{100h, 1}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {});
        CHECK(here.owner().core().timers().empty());
        outcome ended;
        co_await receive(here, ended);
        CHECK_FALSE(ended.error);
    });
}

TEST_CASE("a watch that ends before what is pending lets it wait on", "[net]") {
    timed_connection here;
    here.receives = {{1h, 1}};
    here.run([&]() -> task<> {
        std::optional<stream_watch> watch(std::in_place, here.stream(),
                                          ringlet::stream_timeouts{.read = 30s});
        outcome ended;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(receive(here, ended));
            co_await ringlet::sleep_for(29s);
            watch.reset();
            CHECK(here.owner().core().timers().empty());
        });
        CHECK_FALSE(ended.error);
        CHECK(ended.at == 1h);
    });
}

TEST_CASE("of two watches each counts", "[net]") {
    timed_connection here;
    here.run([&]() -> task<> {
        const stream_watch outer(here.stream(), {.write = 30s});
        outcome ended;
        {
            here.sends = {{9s, 1}};
            const stream_watch inner(here.stream(), {.write = 10s});
            co_await send_all(here, 10, ended);
            CHECK(ended.timed_out());
            CHECK(ended.at == 19s);
        }
        here.sends = {{29s, 1}};
        co_await send_all(here, 10, ended);
        CHECK(ended.timed_out());
        CHECK(ended.count == 1);
        CHECK(ended.at == 19s + 29s + 30s);
    });
}

TEST_CASE("of a cancelled scope and a timeout, the first is the reason", "[net]") {
    timed_connection here;
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.read = 30s});
        outcome ended;
        ringlet::cancel_scope* scope = nullptr;
        const auto cancelled_at = [&](ringlet::loop::clock::time_point when) -> task<> {
            co_await task_group::run([&](task_group& group) -> task<> {
                group.spawn(cancellable(scope, receive(here, ended)));
                co_await ringlet::sleep_until(when);
                scope->cancel();
            });
        };
        co_await cancelled_at(here.owner().now() + 30s);  // the timer of the watch is the older
        CHECK(ended.timed_out());
        co_await cancelled_at(here.owner().now() + 29s);
        CHECK(ended.error == std::errc::operation_canceled);
        CHECK(ended.at == 59s);
        co_await ringlet::with_timeout(1s, receive(here, ended));
        CHECK(ended.timed_out());
        CHECK(ended.at == 60s);
        co_await receive(here, ended);
        CHECK(ended.at == 90s);
    });
}

TEST_CASE("a reader that times out has lost nothing, and a writer can still answer", "[net]") {
    timed_connection here;
    here.receives = {{1s, 5}, {40s, 5}};
    here.sends = {{1s, 20}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.read = 30s});
        ringlet::reader in(here.stream());
        ringlet::writer out(here.stream());
        std::error_code error;
        co_await in.read_exactly(10, error);
        CHECK(error == std::errc::timed_out);
        CHECK(here.age() == 31s);
        CHECK(in.buffered().size() == 5);
        co_await out.print("408 Request Timeout\n");
        co_await out.flush(error);
        CHECK_FALSE(error);
        here.receives = {{29s, 5}};
        const auto ten = co_await in.read_exactly(10, error);
        CHECK_FALSE(error);
        CHECK(ten.size() == 10);
    });
}

TEST_CASE("a writer whose peer takes nothing fails with timed_out", "[net]") {
    timed_connection here;
    here.sends = {{20s, 1'000}, {20s, 1'000}};
    here.run([&]() -> task<> {
        const stream_watch watch(here.stream(), {.idle = 30s});
        ringlet::writer out(here.stream());
        const std::string much(100'000, 'x');
        std::error_code error;
        co_await out.print("some");
        co_await out.write(much, error);
        CHECK(error == std::errc::timed_out);
        CHECK(here.age() == 70s);
        CHECK(out.failed());
    });
}

}  // namespace tests::net_stream_watch
