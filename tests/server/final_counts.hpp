#pragma once

#include "catch.hpp"
#include "eventually.hpp"

#include <ringlet/server/server.hpp>
#include <ringlet/server/server_counters.hpp>

#include <cstdint>

/// How a server has counted all of its connections, once none is under way.
inline ringlet::server_counters final_counts(const ringlet::server& server,
                                             std::uint64_t accepted) {
    ringlet::server_counters counts;
    CHECK(eventually([&] {
        counts = server.counters();
        return counts.accepted == accepted && counts.active == 0 && counts.establishing == 0 &&
               counts.finished + counts.failed.total() + counts.refused == accepted;
    }));
    return counts;
}
