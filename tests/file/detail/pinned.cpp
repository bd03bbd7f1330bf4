#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/file/detail/pinned.hpp>

#include <optional>
#include <utility>

namespace tests::file_pinned {

using ringlet::detail::pinned;

TEST_CASE("something is in use as long as a pin holds it", "[file]") {
    const pinned held;
    CHECK_FALSE(held.in_use());
    {
        const pinned::pin one(held);
        {
            const pinned::pin other(held);
            CHECK(held.in_use());
        }
        CHECK(held.in_use());
    }
    CHECK_FALSE(held.in_use());
}

TEST_CASE("what no pin holds may move", "[file]") {
    pinned first;
    pinned second(std::move(first));
    pinned third;
    third = std::move(second);
    CHECK_FALSE(third.in_use());
}

TEST_CASE("moving, overwriting or destroying what a pin holds ends the program", "[file]") {
    enum class end { moved, overwritten, destroyed };
    const auto kind = GENERATE(end::moved, end::overwritten, end::destroyed);
    const child_end child = run_in_child([=] {
        std::optional<pinned> held(std::in_place);
        const pinned::pin one(*held);
        pinned other;
        if (kind == end::moved)
            other = std::move(*held);
        else if (kind == end::overwritten)
            *held = std::move(other);
        else
            held.reset();
        return 0;
    });
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says(kind == end::destroyed
                         ? "a file was destroyed while an operation on it was pending"
                         : "a file was moved while an operation on it was pending"));
}

}  // namespace tests::file_pinned
