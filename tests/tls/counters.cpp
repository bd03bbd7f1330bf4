#include "catch.hpp"
#include "tls/detail/counter_block.hpp"

#include <ringlet/tls/counters.hpp>
#include <ringlet/tls/errc.hpp>

#include <system_error>

namespace tests::tls_counters {

using ringlet::tls::counters;
using ringlet::tls::errc;
using ringlet::tls::detail::counter_block;

TEST_CASE("handshakes are counted by how they end", "[tls]") {
    counter_block block;
    for (int i = 0; i < 10; ++i)
        block.begin();
    CHECK(block.snapshot().in_progress == 10);
    block.succeed(true);
    block.succeed(false);
    block.fail(errc::plain_http);
    block.fail(errc::certificate_expired);
    block.fail(errc::no_common_version);
    block.fail(errc::handshake_cut_off);
    block.fail(errc::protocol_error);
    block.fail(std::make_error_code(std::errc::timed_out));
    block.fail(std::make_error_code(std::errc::operation_canceled));
    block.reload(true);
    block.reload(false);
    const counters counted = block.snapshot();
    CHECK(counted.in_progress == 1);
    CHECK(counted.handshakes == 2);
    CHECK(counted.resumed == 1);
    CHECK(counted.failed.not_tls == 1);
    CHECK(counted.failed.certificate == 1);
    CHECK(counted.failed.no_match == 1);
    CHECK(counted.failed.gone == 1);
    CHECK(counted.failed.other == 1);
    CHECK(counted.failed.timed_out == 1);
    CHECK(counted.failed.cancelled == 1);
    CHECK(counted.failed.total() == 7);
    CHECK(counted.reloads == 1);
    CHECK(counted.failed_reloads == 1);
}

}  // namespace tests::tls_counters
