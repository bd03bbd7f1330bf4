#include "catch.hpp"
#include "inverting_layer.hpp"
#include "run_coroutine.hpp"

#include <ringlet/net/peer_fact.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <memory>
#include <utility>

namespace tests::net_peer_fact {

using ringlet::stream;
using ringlet::task;

namespace {

struct number_fact final : ringlet::peer_fact {
    explicit number_fact(int known) : number(known) {}
    int number;
};

struct counted_fact final : ringlet::peer_fact {
    explicit counted_fact(int& count) : alive(count) { ++alive; }
    ~counted_fact() override { --alive; }
    int& alive;
};

}  // namespace

TEST_CASE("a stream keeps what is known of its peer, by its type", "[net]") {
    run_coroutine([]() -> task<> {
        int alive = 0;
        {
            ringlet::stream_pair pair;
            CHECK(pair.one.fact<number_fact>() == nullptr);
            pair.one.attach(std::make_unique<number_fact>(1));
            pair.one.attach(std::make_unique<counted_fact>(alive));
            pair.one.attach(std::make_unique<number_fact>(2));
            CHECK(pair.one.fact<number_fact>()->number == 2);
            CHECK(pair.one.fact<counted_fact>() != nullptr);
            CHECK(pair.other.fact<number_fact>() == nullptr);
            CHECK(alive == 1);

            const auto* const before = pair.one.fact<number_fact>();
            const stream moved = std::move(pair.one);
            CHECK(moved.fact<number_fact>() == before);
        }
        CHECK(alive == 0);
        co_return;
    });
}

TEST_CASE("a stream on a layer knows what the stream below did, also when it is closed", "[net]") {
    run_coroutine([]() -> task<> {
        ringlet::stream_pair pair;
        pair.one.attach(std::make_unique<number_fact>(1));
        ringlet::loop& owner = pair.one.owner();
        stream upper(owner, std::make_unique<inverting_layer>(std::move(pair.one)));
        const auto* const known = upper.fact<number_fact>();
        REQUIRE(known != nullptr);
        upper.attach(std::make_unique<number_fact>(2));
        upper = stream(owner, std::make_unique<inverting_layer>(std::move(upper)));
        CHECK(upper.fact<number_fact>()->number == 2);
        co_await upper.close();
        CHECK(upper.fact<number_fact>()->number == 2);
        CHECK(known->number == 1);
    });
}

}  // namespace tests::net_peer_fact
