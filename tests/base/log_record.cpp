#include "catch.hpp"

#include <ringlet/base/log.hpp>

#include <type_traits>

namespace tests::base_log_record {

static_assert(std::is_trivially_destructible_v<ringlet::log_record>);

TEST_CASE("a record need have no fields, and nothing that was suppressed", "[base]") {
    const ringlet::log_record record{ringlet::log_level::info, "an event"};
    CHECK(record.fields.empty());
    CHECK(record.suppressed == 0);
    CHECK(record.time <= std::chrono::system_clock::now());
    CHECK(record.time > std::chrono::system_clock::time_point{});
}

}  // namespace tests::base_log_record
