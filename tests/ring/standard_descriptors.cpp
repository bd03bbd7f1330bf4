#include "standard_descriptors.hpp"
#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/ring/make_ring.hpp>

#include <unistd.h>

namespace tests::ring_standard_descriptors {

namespace {

using kind = ringlet::ring_options::kind;

}  // namespace

TEST_CASE("a ring leaves no standard descriptor closed, for a socket to get its number", "[ring]") {
    const auto wanted = GENERATE(kind::kernel, kind::epoll);
    const child_end end = run_in_child([=] {
        close_standard_descriptors();
        const auto ring = ringlet::make_ring({.wanted = wanted});
        const int next = ring->net().open(AF_INET, SOCK_STREAM, 0);
        return is_null_device(0) && is_null_device(1) && is_null_device(2) && next > 2 ? 0 : 1;
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a ring leaves standard descriptors that are open as they are", "[ring]") {
    const auto wanted = GENERATE(kind::kernel, kind::epoll);
    const child_end end = run_in_child([=] {
        ::dup2(STDERR_FILENO, STDIN_FILENO);
        ::close(STDOUT_FILENO);
        const auto ring = ringlet::make_ring({.wanted = wanted});
        const bool kept =
            ::write(STDIN_FILENO, "in", 2) == 2 && ::write(STDERR_FILENO, "err", 3) == 3;
        return kept && is_null_device(STDOUT_FILENO) ? 0 : 1;
    });
    CHECK(end.text == "inerr");
    CHECK(end.exited_with(0));
}

}  // namespace tests::ring_standard_descriptors
