#include "catch.hpp"

#include <ringlet/ring/log_record.hpp>

#include <type_traits>

static_assert(std::is_trivially_destructible_v<ringlet::log_record>);

TEST_CASE("a record need have no fields, and nothing that was suppressed", "[ring]") {
    const ringlet::log_record record{ringlet::log_level::info, "an event"};
    CHECK(record.fields.empty());
    CHECK(record.suppressed == 0);
}
