#include "tls/detail/watched_files.hpp"

#include "catch.hpp"

#include <chrono>

namespace tests::tls_watched_files {

using ringlet::tls::detail::watched_files;
using namespace std::chrono_literals;

TEST_CASE("files that could not be read for want of something count as changed again", "[tls]") {
    watched_files watched({"/bin/sh"}, 1ms);  // which nobody has changed just now
    watched.note();
    CHECK_FALSE(watched.changed());
    watched.forget();
    CHECK(watched.changed());
    watched.note();
    CHECK_FALSE(watched.changed());
}

}  // namespace tests::tls_watched_files
