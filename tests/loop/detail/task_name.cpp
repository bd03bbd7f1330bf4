#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/loop/detail/task_name.hpp>

#include <stdexcept>

namespace tests::loop_task_name {

using ringlet::task;
using ringlet::detail::task_name;

TEST_CASE("a name stands in the list of its loop while it lives", "[loop]") {
    run_virtually([](ringlet::loop& owner) -> task<> {
        CHECK(owner.core().names().empty());
        {
            const task_name name("somebody");
            CHECK(&owner.core().names().front() == &name);
            CHECK(name.text() == "somebody");
        }
        CHECK(owner.core().names().empty());
        co_return;
    });
}

TEST_CASE("there is no name without a loop", "[loop]") {
    CHECK_THROWS_AS(task_name("nobody"), std::logic_error);
}

}  // namespace tests::loop_task_name
