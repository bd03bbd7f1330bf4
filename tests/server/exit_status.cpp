#include "catch.hpp"

#include <ringlet/server/exit_status.hpp>

#include <csignal>

namespace tests::server_exit_status {

using ringlet::exit_status;

TEST_CASE("a process that exited has a code, and succeeded with 0", "[server]") {
    const exit_status fine = exit_status::exited(0);
    CHECK(fine.success());
    CHECK(fine.known());
    CHECK(fine.code() == 0);
    CHECK(fine.signal() == 0);
    CHECK(fine.to_string() == "exited with status 0");
    const exit_status failed = exit_status::exited(72);
    CHECK_FALSE(failed.success());
    CHECK(failed.code() == 72);
    CHECK(failed.to_string() == "exited with status 72");
    CHECK(failed != fine);
}

TEST_CASE("a process that was killed has a signal", "[server]") {
    const exit_status killed = exit_status::signalled(SIGSEGV);
    CHECK_FALSE(killed.success());
    CHECK(killed.known());
    CHECK(killed.code() == -1);
    CHECK(killed.signal() == SIGSEGV);
    CHECK_FALSE(killed.core_dumped());
    CHECK(killed.to_string() == "killed by signal 11 (Segmentation fault)");
    const exit_status dumped = exit_status::signalled(SIGSEGV, true);
    CHECK(dumped.core_dumped());
    CHECK(dumped.to_string() == "killed by signal 11 (Segmentation fault), core dumped");
    CHECK(dumped != killed);
}

TEST_CASE("a status that was lost is neither success nor failure that anyone knows of",
          "[server]") {
    const exit_status lost;
    CHECK_FALSE(lost.known());
    CHECK_FALSE(lost.success());
    CHECK(lost.code() == -1);
    CHECK(lost.signal() == 0);
    CHECK(lost.to_string() == "ended with a status that is unknown");
    CHECK(lost == exit_status());
}

}  // namespace tests::server_exit_status
