#include "catch.hpp"

#include <ringlet/coro/when_any.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace tests::coro_when_any_result {

TEST_CASE("the result of a contest owns the winner's value, and can be moved on", "[coro]") {
    using result = ringlet::when_any_result<std::unique_ptr<int>>;
    static_assert(!std::is_aggregate_v<result>);  // which GCC 12 would destroy twice
    auto value = std::make_unique<int>(5);
    result first(2, std::move(value));
    CHECK(value == nullptr);
    const result moved(std::move(first));
    CHECK(moved.index == 2);
    REQUIRE(moved.value != nullptr);
    CHECK(*moved.value == 5);
    CHECK(first.value == nullptr);  // NOLINT(bugprone-use-after-move)
}

}  // namespace tests::coro_when_any_result
