#include "catch.hpp"

#include <ringlet/ring/log_field.hpp>

#include <string>
#include <type_traits>

static_assert(std::is_trivially_destructible_v<ringlet::log_field>);

TEST_CASE("a field names a text without copying it", "[ring]") {
    const std::string text = "127.0.0.1:80";
    const ringlet::log_field field{"address", text};
    CHECK(field.name == "address");
    CHECK(field.value.data() == text.data());
}
