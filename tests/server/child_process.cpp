#include "catch.hpp"
#include "run_without_leak.hpp"

#include <ringlet/server/child_process.hpp>

#include <csignal>
#include <memory>
#include <stdexcept>

using ringlet::child_process;
using ringlet::exit_status;
using ringlet::loop;
using ringlet::task;

TEST_CASE("a child's status is what its body returns", "[server]") {
    const int code = GENERATE(0, 72, 255);
    run_without_leak([=](loop&) -> task<> {
        child_process child = child_process::fork([=] { return code; });
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(code));
        CHECK_FALSE(child.pending());
    });
}

TEST_CASE("a child makes a loop of its own, though its parent's runs below it on the stack",
          "[server]") {
    run_without_leak([](loop&) -> task<> {
        const auto forked = [number = std::make_unique<int>(7)] {
            if (loop::current() != nullptr)
                return 1;
            loop own;
            return ringlet::block_on(own, [](int result) -> task<int> {
                co_return result;
            }(*number));
        };
        child_process child = child_process::fork(forked);
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(7));
    });
}
