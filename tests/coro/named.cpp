#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/named.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/dump_tasks.hpp>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tests::coro_named {

using namespace std::chrono_literals;
using ringlet::named;
using ringlet::task;

namespace {

task<> wait() {
    co_await ringlet::sleep_for(1h);
}

task<int> answer() {
    co_await ringlet::sleep_for(1ms);
    co_return 42;
}

task<> fail() {
    co_await ringlet::sleep_for(1ms);
    throw std::runtime_error("no");
}

}  // namespace

TEST_CASE("a named task is what it names", "[coro]") {
    run_virtually([](ringlet::loop& owner) -> task<> {
        const int result = co_await named("answer", answer());
        CHECK(result == 42);
        try {
            co_await named("failure", fail());
            FAIL("nothing was thrown");
        } catch (const std::runtime_error& error) {
            CHECK(error.what() == std::string_view("no"));
        }
        CHECK(owner.core().names().empty());
    });
}

TEST_CASE("a dump shows the names of tasks, the innermost first", "[coro]") {
    run_virtually([](ringlet::loop& owner) -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(named("the night", named("upload 7", wait())));
        group.spawn(wait());
        co_await ringlet::sleep_for(1s);
        std::vector<std::vector<std::string>> names;
        for (const ringlet::suspended_task& waiting : ringlet::suspended_tasks(owner))
            names.push_back(waiting.names);
        CHECK(names == std::vector<std::vector<std::string>>{{"upload 7", "the night"}, {}});
        std::ostringstream out;
        ringlet::dump_tasks(owner, out);
        INFO(out.str());
        CHECK(out.str().find("for 1.000 s, in upload 7, in the night\n") != std::string::npos);
        CHECK(out.str().find("named.hpp") == std::string::npos);
        group.cancel();
        co_await group.join();
        CHECK(owner.core().names().empty());
    });
}

TEST_CASE("a task may be named and never begin", "[coro]") {
    run_virtually([](ringlet::loop& owner) -> task<> {
        { const task<> unused = named("unused", wait()); }
        CHECK(owner.core().names().empty());
        co_return;
    });
}

}  // namespace tests::coro_named
