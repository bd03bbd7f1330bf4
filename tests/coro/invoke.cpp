#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/invoke.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace tests::coro_invoke {

using namespace std::chrono_literals;
using ringlet::task;

namespace {

/// A task of a lambda that has gone, as its captures and arguments have, when the task begins.
task<std::string> greeting(const std::string& greeting, std::string name) {
    const auto greet = [greeting](const std::string& whom, int times) -> task<std::string> {
        co_await ringlet::sleep_for(1ms);
        std::string text;
        for (int i = 0; i < times; ++i)
            text += greeting + ", " + whom + ". ";
        co_return text;
    };
    return ringlet::invoke(greet, std::move(name), 2);
}

}  // namespace

TEST_CASE("a lambda that is invoked lives as long as its task, and so do its arguments", "[coro]") {
    std::string text;
    run_virtually([&](ringlet::loop&) -> task<> {
        task<std::string> begun = greeting("a greeting too long to be kept in place", "Ada");
        text = co_await std::move(begun);
    });
    CHECK(text == "a greeting too long to be kept in place, Ada. "
                  "a greeting too long to be kept in place, Ada. ");
}

TEST_CASE("what is invoked takes references, and what can only be moved", "[coro]") {
    int counted = 0;
    int& found = counted;
    run_virtually([&](ringlet::loop&) -> task<> {
        const auto add = [](int& sum, std::unique_ptr<int> more) -> task<int&> {
            co_await ringlet::sleep_for(1ms);
            sum += *more;
            co_return sum;
        };
        int& sum = co_await ringlet::invoke(add, std::ref(counted), std::make_unique<int>(3));
        ++sum;
    });
    CHECK(found == 4);
}

TEST_CASE("what an invoked function returns is awaited, and what it throws is thrown", "[coro]") {
    std::string told;
    run_virtually([&](ringlet::loop&) -> task<> {
        co_await ringlet::invoke(
            [](std::chrono::milliseconds time) { return ringlet::sleep_for(time); }, 1h);
        const auto fail = []() -> task<> {
            co_await ringlet::sleep_for(1ms);
            throw std::runtime_error("no");
        };
        try {
            co_await ringlet::invoke(fail);
        } catch (const std::runtime_error& error) {
            told = error.what();
        }
    });
    CHECK(told == "no");
}

}  // namespace tests::coro_invoke
