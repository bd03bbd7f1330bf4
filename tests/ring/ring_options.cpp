#include "catch.hpp"

#include <ringlet/ring/make_ring.hpp>
#include <ringlet/ring/ring.hpp>

#include <stdexcept>
#include <string>

namespace tests::ring_ring_options {

namespace {

using kind = ringlet::ring_options::kind;
using setup = ringlet::ring_options::setup;

/// Why both rings refuse `options`; empty if they take them.
std::string refusal_of(ringlet::ring_options options) {
    std::string refusal;
    for (const kind wanted : {kind::kernel, kind::epoll}) {
        options.wanted = wanted;
        std::string here;
        try {
            static_cast<void>(ringlet::make_ring(options));
        } catch (const std::invalid_argument& error) {
            here = error.what();
        }
        if (wanted == kind::epoll)
            CHECK(here == refusal);
        refusal = here;
    }
    return refusal;
}

}  // namespace

TEST_CASE("ring options out of range are refused by name, with what is allowed", "[ring]") {
    CHECK(refusal_of({.submission_entries = 0}) ==
          "ring_options: submission_entries must be 1 to 32768, not 0");
    CHECK(refusal_of({.submission_entries = 32'769, .completion_entries = 65'536}) ==
          "ring_options: submission_entries must be 1 to 32768, not 32769");
    CHECK(refusal_of({.submission_entries = 64, .completion_entries = 63}) ==
          "ring_options: completion_entries must be submission_entries to 65536, not 63");
    CHECK(refusal_of({.completion_entries = 65'537}) ==
          "ring_options: completion_entries must be submission_entries to 65536, not 65537");
    CHECK(refusal_of({.first_setup = static_cast<setup>(4)}) ==
          "ring_options: first_setup must be one of ring_options::setup, not 4");
}

TEST_CASE("ring options at the edge of their range make a ring", "[ring]") {
    CHECK(refusal_of({}).empty());
    CHECK(refusal_of({.submission_entries = 1, .completion_entries = 1}).empty());
    CHECK(refusal_of({.submission_entries = 32'768, .completion_entries = 65'536}).empty());
    CHECK(refusal_of({.first_setup = setup::plain}).empty());
}

TEST_CASE("the sizes of a ring are rounded up to a power of two", "[ring]") {
    const kind wanted = GENERATE(kind::kernel, kind::epoll);
    const auto ring =
        ringlet::make_ring({.wanted = wanted, .submission_entries = 5, .completion_entries = 9});
    unsigned room = 0;
    while (ring->submissions().next() != nullptr)
        ++room;
    CHECK(room == 8);
}

}  // namespace tests::ring_ring_options
