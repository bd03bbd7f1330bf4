// What readers and writers are given inside a co_await expression: see coro/temporaries.cpp.

#include "catch.hpp"
#include "check_awaited.hpp"
#include "counted.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/net/writer.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace tests::net_buffered_temporaries {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::reader;
using ringlet::stream_pair;
using ringlet::task;
using ringlet::writer;

namespace {

/// Text that is counted, and on the heap.
class counted_text : public counted {
public:
    explicit counted_text(char letter) : text_(100, letter) {}

    operator std::string_view() const noexcept { return text_; }  // NOLINT: meant to convert

private:
    std::string text_;
};

}  // namespace

TEST_CASE("temporaries that are written live until they have been, and end once", "[net]") {
    const std::size_t buffer_size = GENERATE(0U, 150U, 8192U);
    counted::begin();
    run_virtually([=](loop&) -> task<> {
        stream_pair pair;
        writer out(pair.one, {.buffer_size = buffer_size});
        reader in(pair.other);
        std::error_code error;
        co_await out.write(std::string_view(counted_text('a')));
        co_await out.write(std::string(100, 'b'), error);
        co_await out.print(counted_text('c'), counted_text('d'), 1, std::string(100, 'e'));
        co_await ringlet::with_timeout(1s, out.print(counted_text('f'), 2));
        co_await ringlet::with_timeout(1s, out.flush());
        CHECK(counted::alive() == 0);
        std::string expected;
        for (const std::string_view next : {"a", "b", "c", "d", "1", "e", "f", "2"})
            expected.append(next == "1" || next == "2" ? 1 : 100, next[0]);
        CHECK_AWAITED(co_await in.read_exactly(expected.size()), expected);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

TEST_CASE("a delimiter may be made on the spot", "[net]") {
    counted::begin();
    run_virtually([](loop&) -> task<> {
        stream_pair pair(10);
        reader in(pair.other, {.buffer_size = 16});
        const auto send = [&]() -> task<> {
            co_await pair.one.send_all("text" + std::string(100, 'x') + "more");
            co_await pair.one.send_all(std::string(100, 'y'));
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(send());
        CHECK_AWAITED(co_await in.read_until(counted_text('x')), "text");
        const auto more =
            co_await ringlet::with_timeout(1s, in.read_until(std::string(100, 'y'), 4));
        CHECK(more == "more");
        CHECK(counted::alive() == 0);
        co_await group.join();
    });
    CHECK(counted::strays() == 0);
}

}  // namespace tests::net_buffered_temporaries
