#include "catch.hpp"

#include <ringlet/base/log.hpp>

#include <string>
#include <type_traits>

namespace tests::base_log_field {

static_assert(std::is_trivially_destructible_v<ringlet::log_field>);

TEST_CASE("a field names a text without copying it", "[base]") {
    const std::string text = "127.0.0.1:80";
    const ringlet::log_field field{"address", text};
    CHECK(field.name == "address");
    field.value.with_text([&](std::string_view value) { CHECK(value.data() == text.data()); });
}

}  // namespace tests::base_log_field
