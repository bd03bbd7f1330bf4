#include "catch.hpp"
#include "forked_child.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/detail/waiting_operation.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tests::coro_waiting_operation {

using ringlet::loop;
using ringlet::task;
using ringlet::detail::waiting_operation;

namespace {

/// The least that an operation in line can be: it always waits, and can leave.
class turn final : public waiting_operation<turn> {
public:
    turn(queue& line, int number)
        : waiting_operation("turn", line, ringlet::throws), number_(number),
          ahead_at_first_(!nobody_ahead()) {}

    [[nodiscard]] bool await_ready() noexcept { return !admit(); }
    void await_suspend(ringlet::detail::suspension waiter) {
        suspend(waiter);
        join_line();
    }
    void await_resume() const { finish(); }
    void cancel() override { end(-ECANCELED); }

    void end(int result = 0) {
        CHECK(in_line());
        leave_line();
        CHECK_FALSE(in_line());
        resume_later(result);
    }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] bool ahead_at_first() const noexcept { return ahead_at_first_; }

private:
    bool attempt() noexcept override { return false; }

    int number_;
    bool ahead_at_first_;
};

}  // namespace

TEST_CASE("operations that wait stand in line in the order they came", "[coro]") {
    run_virtually([](loop&) -> task<> {
        turn::queue line;
        const auto waiter = [&](int number) -> task<> { co_await turn(line, number); };
        ringlet::detail::joinable_task_group group;
        for (int number = 0; number < 3; ++number)
            group.spawn(waiter(number));
        for (int number = 0; number < 3; ++number) {
            CHECK(line.front().number() == number);
            CHECK(line.front().ahead_at_first() == (number > 0));
            line.front().end();
        }
        CHECK(line.empty());
        co_await group.join();
    });
}

TEST_CASE("the error of an operation that waits is thrown under its name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        turn::queue line;
        std::string text;
        const auto waiter = [&]() -> task<> {
            try {
                co_await turn(line, 0);
            } catch (const std::system_error& error) {
                CHECK(error.code() == std::errc::broken_pipe);
                text = error.what();
            }
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(waiter());
        line.front().end(-EPIPE);
        co_await group.join();
        CHECK(text.find("turn") == 0);
    });
}

TEST_CASE("a line that is destroyed while someone waits ends the program with a sentence",
          "[coro]") {
    const child_end end = run_in_child([] {
        run_virtually([](loop&) -> task<> {
            std::optional<turn::queue> line(std::in_place);
            const auto waiter = [&]() -> task<> { co_await turn(*line, 0); };
            ringlet::detail::joinable_task_group group;
            group.spawn(waiter());
            line.reset();
            co_return;
        });
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("something was destroyed while a coroutine waited for it"));
}

}  // namespace tests::coro_waiting_operation
