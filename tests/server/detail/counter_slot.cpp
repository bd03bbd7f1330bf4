#include "catch.hpp"

#include "server/detail/counter_slot.hpp"

#include <cstdint>

namespace tests::server_counter_slot {

using ringlet::failure_cause;
using ringlet::detail::counter_slot;

TEST_CASE("counters begin at 0, and those of two slots share no cache line", "[server]") {
    const counter_slot slots[2];
    CHECK(slots[0].accepted == 0);
    CHECK(slots[1].children_lost == 0);
    for (const auto& failed : slots[0].failed)
        CHECK(failed == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(&slots[1]) % 64 == 0);
}

TEST_CASE("a request is counted as it begins and as it ends", "[server]") {
    counter_slot slot;
    for (int i = 0; i < 5; ++i)
        slot.begin();
    slot.finish();
    slot.fail(failure_cause::reset);
    slot.fail(failure_cause::child_lost, 2);
    counter_slot::count(slot.refused);
    CHECK(slot.begun == 5);
    CHECK(slot.finished == 1);
    CHECK(slot.refused == 1);
    for (const auto cause :
         {failure_cause::timed_out, failure_cause::cancelled, failure_cause::other})
        CHECK(counter_slot::number(slot.failed, cause) == 0);
    CHECK(counter_slot::number(slot.failed, failure_cause::reset) == 1);
    CHECK(counter_slot::number(slot.failed, failure_cause::child_lost) == 2);
}

}  // namespace tests::server_counter_slot
