#include "cancellable.hpp"
#include "catch.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/queued_operation.hpp>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::coro_queued_operation {

using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::detail::queued_operation;

namespace {

/// The smallest thing to wait for: open, shut, or gone for good.
struct gate {
    bool open = false;
    bool gone = false;
    queued_operation::queue line;
};

class pass final : public queued_operation {
public:
    explicit pass(gate& to_pass, ringlet::error_sink error = ringlet::throws)
        : queued_operation("pass", to_pass.line, error), gate_(to_pass) {}

    int await_resume() const {
        finish();
        return result();
    }

private:
    bool attempt() noexcept override {
        if (gate_.gone)
            result_ = -EPIPE;
        return gate_.gone || (gate_.open && nobody_ahead());
    }

    gate& gate_;
};

}  // namespace

TEST_CASE("a queued operation that succeeds at once does not suspend", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        gate open;
        open.open = true;
        bool turned = false;
        owner.post([&] { turned = true; });
        const int result = co_await pass(open);
        CHECK(result == 0);
        CHECK_FALSE(turned);
    });
}

TEST_CASE("who waits in line is granted in turn, with the result that the grant carries",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate shut;
        std::vector<int> results;
        const auto waiter = [&]() -> task<> { results.push_back(co_await pass(shut)); };
        joinable_task_group group;
        for (int i = 0; i < 3; ++i)
            group.spawn(waiter());
        for (int i = 1; i <= 3; ++i)
            shut.line.front().grant(i);
        CHECK(shut.line.empty());
        CHECK(results.empty());  // each goes on in a later turn
        co_await group.join();
        CHECK(results == std::vector{1, 2, 3});
    });
}

TEST_CASE("an error ends a queued operation at once, in the line, or where others go first",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate gone;
        gone.gone = true;
        for (int i = 0; i < 1000; ++i) {  // more than may complete inline
            std::error_code error;
            co_await pass(gone, error);
            REQUIRE(error == std::errc::broken_pipe);
        }
        gate shut;
        std::error_code error;
        const auto waiter = [&]() -> task<> { co_await pass(shut, error); };
        joinable_task_group group;
        group.spawn(waiter());
        shut.line.front().grant(-EPIPE);
        co_await group.join();
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("the error of a queued operation is thrown under its name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate gone;
        gone.gone = true;
        std::string text;
        try {
            co_await pass(gone);
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::broken_pipe);
            text = error.what();
        }
        CHECK(text.find("pass") == 0);
    });
}

TEST_CASE("one that is cancelled leaves the line, and those behind it move up", "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate shut;
        std::vector<std::error_code> errors(3);
        const auto waiter = [&](std::error_code& error) -> task<> { co_await pass(shut, error); };
        cancel_scope* second = nullptr;
        joinable_task_group group;
        group.spawn(waiter(errors[0]));
        group.spawn(cancellable(second, waiter(errors[1])));
        group.spawn(waiter(errors[2]));
        second->cancel();
        shut.line.front().grant();
        shut.line.front().grant();
        CHECK(shut.line.empty());
        co_await group.join();
        CHECK_FALSE(errors[0]);
        CHECK(errors[1] == std::errc::operation_canceled);
        CHECK_FALSE(errors[2]);
    });
}

TEST_CASE("what was granted is not cancelled any more", "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate shut;
        std::error_code error = std::make_error_code(std::errc::io_error);
        int result = 0;
        const auto waiter = [&]() -> task<> { result = co_await pass(shut, error); };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, waiter()));
        shut.line.front().grant(7);
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(result == 7);
    });
}

TEST_CASE("under a cancelled scope a queued operation takes nothing and never queues", "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate open;
        open.open = true;
        cancel_scope scope;
        scope.cancel();
        std::error_code error;
        co_await pass(open, error);
        CHECK(error == std::errc::operation_canceled);
        CHECK(open.line.empty());
    });
}

TEST_CASE("queued operations that never suspend let others go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        gate open;
        open.open = true;
        const auto again = [&]() -> task<> { co_await pass(open); };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
    });
}

TEST_CASE("a queued operation needs a loop, and says who does", "[coro]") {
    gate open;
    std::string text;
    try {
        const pass alone(open);
    } catch (const std::logic_error& error) {
        text = error.what();
    }
    CHECK(text.find("pass") == 0);
}

}  // namespace tests::coro_queued_operation
