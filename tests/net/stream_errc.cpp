#include "catch.hpp"

#include <ringlet/net/stream_errc.hpp>

#include <string>
#include <system_error>

namespace tests::net_stream_errc {

using ringlet::stream_errc;

TEST_CASE("the errors of buffered reads are error codes that say what to do", "[net]") {
    const std::error_code ended = stream_errc::end_of_stream;
    const std::error_code long_one = stream_errc::too_long;
    CHECK(ended == stream_errc::end_of_stream);
    CHECK(ended != stream_errc::too_long);
    CHECK(ended.category() == ringlet::stream_category());
    CHECK(std::string(ended.category().name()) == "stream");
    CHECK(ended.message().find("can still be read") != std::string::npos);
    CHECK(long_one.message().find("raise it") != std::string::npos);
    CHECK(std::error_code(77, ringlet::stream_category()).message() == "unknown error 77");
    CHECK(ended != std::error_code(1, std::system_category()));
    CHECK(std::string(std::system_error(long_one, "read_line").what()).find("read_line") == 0);
}

}  // namespace tests::net_stream_errc
