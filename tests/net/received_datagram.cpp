#include "catch.hpp"

#include <ringlet/net/received_datagram.hpp>

#include <type_traits>

namespace tests::net_received_datagram {

// What an await yields is to be trivially destructible: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<ringlet::received_datagram>);

TEST_CASE("a datagram that has not been received is empty and whole", "[net]") {
    const ringlet::received_datagram none;
    CHECK(none.size == 0);
    CHECK(none.original_size == 0);
    CHECK_FALSE(none.truncated);
}

}  // namespace tests::net_received_datagram
