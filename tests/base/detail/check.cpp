#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/base/detail/check.hpp>

namespace tests::base_check {

TEST_CASE("a broken invariant ends the program with its sentence", "[base]") {
    const child_end end = run_in_child([] {
        ringlet::detail::check(true, "a sentence that nobody should read");
        ringlet::detail::check(false, "the loop is gone; await every task first");
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.text == "ringlet: the loop is gone; await every task first\n");
}

}  // namespace tests::base_check
