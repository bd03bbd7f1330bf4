// The rest is told through those who derive from it: see reader.cpp and writer.cpp.

#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/detail/buffered_side.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_buffered_side {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;

namespace {

class side : public ringlet::detail::buffered_side {
public:
    explicit side(std::chrono::milliseconds timeout = 0ms) : buffered_side("side", timeout) {}

    using buffered_side::may_complete_inline;
    using buffered_side::turn;
    using buffered_side::wait_limit;
};

template <class Exception, class Call>
std::string thrown_by(Call call) {
    try {
        call();
    } catch (const Exception& thrown) {
        return thrown.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST_CASE("one side of a stream has one operation at a time", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        CHECK(one.idle());
        CHECK(one.may_complete_inline("read"));
        {
            const side::turn now(one, "read");
            CHECK_FALSE(one.idle());
            const auto text =
                thrown_by<std::logic_error>([&] { return one.may_complete_inline("peek"); });
            CHECK(text.find("peek: another one is pending") == 0);
        }
        CHECK(one.idle());
        CHECK(one.may_complete_inline("read"));
        co_return;
    });
}

TEST_CASE("a cancelled scope lets no operation begin", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        cancel_scope scope;
        scope.cancel();
        CHECK_FALSE(one.may_complete_inline("read"));
        const auto text = thrown_by<std::system_error>([&] { const side::turn now(one, "read"); });
        CHECK(text.find("read: ") == 0);
        CHECK(one.idle());
        co_return;
    });
}

TEST_CASE("awaits that complete inline are bounded", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        int inline_completions = 0;
        while (one.may_complete_inline("read") && inline_completions < 1'000'000)
            ++inline_completions;
        CHECK(inline_completions < 1'000'000);
        co_return;
    });
}

TEST_CASE("a wait is limited by a scope where there is a timeout, and by nothing otherwise",
          "[net]") {
    run_virtually([](loop& owner) -> task<> {
        const side hurried(5s);
        {
            const auto limit = hurried.wait_limit();
            CHECK(limit.has_value());
            CHECK(owner.core().timers().next_deadline() == owner.now() + 5s);
        }
        CHECK(owner.core().timers().empty());
        CHECK_FALSE(side().wait_limit().has_value());
        co_return;
    });
}

TEST_CASE("a side belongs to a loop", "[net]") {
    CHECK(thrown_by<std::logic_error>([] { const side one; }).find("side: ") == 0);
}

}  // namespace tests::net_buffered_side
