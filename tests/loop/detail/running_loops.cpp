#include "loop/detail/running_loops.hpp"
#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/loop/loop.hpp>

#include <algorithm>
#include <vector>

namespace tests::loop_running_loops {

using ringlet::loop;
using ringlet::task;
using ringlet::detail::running_loop;
using ringlet::detail::running_loops;

namespace {

bool runs(const loop& asked) {
    bool found = false;
    running_loops::of_this_process().for_each(
        [&](const running_loop& one) { found = found || &one.owner == &asked; });
    return found;
}

bool is_shared(const loop& asked) {
    bool shared = false;
    running_loops::of_this_process().for_each([&](const running_loop& one) {
        shared = shared || (&one.owner == &asked && one.is_shared);
    });
    return shared;
}

}  // namespace

TEST_CASE("a loop is among those that run as long as it does", "[loop]") {
    loop owner;
    CHECK_FALSE(runs(owner));
    bool ran = false;
    owner.post([&] {
        ran = runs(owner);
        owner.stop();
    });
    owner.run();
    CHECK(ran);
    CHECK_FALSE(runs(owner));
}

TEST_CASE("a loop is shared once it says so", "[loop]") {
    loop owner;
    bool before = true;
    bool after = false;
    ringlet::block_on(owner, [&]() -> task<> {
        before = is_shared(owner);
        running_loops::of_this_process().share_own();
        after = is_shared(owner);
        co_return;
    });
    CHECK_FALSE(before);
    CHECK(after);
    CHECK_FALSE(is_shared(owner));
}

TEST_CASE("a forked child has none of the loops of its parent", "[loop]") {
    loop owner;
    child_end ended{};
    owner.post([&] {
        forked_child child([&] { return runs(owner) ? 1 : 0; });
        ended = child.wait();
        owner.stop();
    });
    owner.run();
    INFO(ended.text);
    CHECK(ended.exited_with(0));
}

}  // namespace tests::loop_running_loops
