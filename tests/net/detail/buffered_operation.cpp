#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/detail/buffered_operation.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_buffered_operation {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;

namespace {

/// A request whose answer is there at once, or comes later.
class request {
public:
    using result_type = int;

    request(int answer, bool there) noexcept : answer_(answer), there_(there) {}

    [[nodiscard]] bool attempt() const noexcept { return there_; }
    [[nodiscard]] bool failed() const noexcept { return answer_ < 0; }
    [[nodiscard]] int take() const noexcept { return abandoned_ ? 0 : answer_; }
    void abandon() noexcept { abandoned_ = true; }

private:
    int answer_;
    bool there_;
    bool abandoned_ = false;
};

class side {
public:
    using operation = ringlet::detail::buffered_operation<side, request>;

    operation ask(int answer, bool there, ringlet::error_sink error = ringlet::throws) {
        return {*this, "ask", error, answer, there};
    }

    [[nodiscard]] bool may_complete_inline(const char* name) {
        name_ = name;
        return inline_;
    }

    task<> carry_out(request& carried_out, const char* /*name*/) {
        ++carried_out_;
        co_await ringlet::yield();
        if (carried_out.failed())
            throw std::system_error(std::make_error_code(std::errc::io_error), "carry_out");
        if (carried_out.take() == 99)
            throw std::runtime_error("ninety-nine");
    }

    [[nodiscard]] int carried_out() const noexcept { return carried_out_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    void forbid_inline() noexcept { inline_ = false; }

private:
    std::string name_;
    bool inline_ = true;
    int carried_out_ = 0;
};

static_assert(!std::is_aggregate_v<side::operation>);
static_assert(!std::is_copy_constructible_v<side::operation>);

}  // namespace

TEST_CASE("an answer that is there is given without a coroutine", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        CHECK_AWAITED(co_await one.ask(1, true), 1);
        CHECK(one.carried_out() == 0);
        CHECK(one.name() == "ask");
        std::error_code error = std::make_error_code(std::errc::io_error);
        CHECK_AWAITED(co_await one.ask(2, true, error), 2);
        CHECK_FALSE(error);
        CHECK(one.carried_out() == 0);
    });
}

TEST_CASE("an answer that is not there, or may not be given inline, is waited for", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        CHECK_AWAITED(co_await one.ask(1, false), 1);
        CHECK(one.carried_out() == 1);
        one.forbid_inline();
        std::error_code error = std::make_error_code(std::errc::io_error);
        CHECK_AWAITED(co_await one.ask(2, true, error), 2);
        CHECK_FALSE(error);
        CHECK(one.carried_out() == 2);
    });
}

TEST_CASE("a failure is thrown or stored, and the request abandoned", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        for (const bool there : {false, true}) {
            std::error_code error;
            CHECK_AWAITED(co_await one.ask(-1, there, error), 0);
            CHECK(error == std::errc::io_error);
            std::string text;
            try {
                co_await one.ask(-1, there);
            } catch (const std::system_error& thrown) {
                text = thrown.what();
            }
            CHECK(text.find("carry_out") == 0);
        }
    });
}

TEST_CASE("an exception that is no error code is thrown by both forms", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        std::error_code error;
        for (const ringlet::error_sink form : {ringlet::throws, ringlet::error_sink(error)}) {
            std::string text;
            try {
                co_await one.ask(99, false, form);
            } catch (const std::runtime_error& thrown) {
                text = thrown.what();
            }
            CHECK(text == "ninety-nine");
        }
    });
}

TEST_CASE("a buffered operation can have a deadline", "[net]") {
    run_virtually([](loop&) -> task<> {
        side one;
        CHECK_AWAITED(co_await ringlet::with_timeout(1s, one.ask(1, true)), 1);
        CHECK_AWAITED(co_await ringlet::with_timeout(1s, one.ask(2, false)), 2);
    });
}

}  // namespace tests::net_buffered_operation
