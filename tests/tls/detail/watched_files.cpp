#include "tls/detail/watched_files.hpp"

#include "catch.hpp"
#include "temporary_directory.hpp"

#include <chrono>
#include <string>

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

TEST_CASE("files of a moment ago count as changed, and files of the future do not", "[tls]") {
    temporary_directory directory;
    const std::string path = directory.write("file", "text").string();
    watched_files watched({path}, 1ms);
    watched.note();
    CHECK(watched.changed());
    watched.note(std::chrono::system_clock::now() - 1h);  // as after the clock was set back
    CHECK_FALSE(watched.changed());
    watched.note(std::chrono::system_clock::now() + 1h);
    CHECK_FALSE(watched.changed());
}

}  // namespace tests::tls_watched_files
