#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/ring/check.hpp>

TEST_CASE("a broken invariant ends the program with its sentence", "[ring]") {
    const child_end end = run_in_child([] {
        ringlet::check(true, "a sentence that nobody should read");
        ringlet::check(false, "the loop is gone; await every task first");
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.text == "ringlet: the loop is gone; await every task first\n");
}
