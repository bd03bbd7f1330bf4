#include "base/detail/stand_in.hpp"
#include "base/detail/own_thread.hpp"
#include "catch.hpp"
#include "scripted_stand_in.hpp"

#include <ringlet/base/thread_pool.hpp>

#include <stdexcept>
#include <thread>

namespace tests::base_stand_in {

using ringlet::thread_pool;
using ringlet::detail::stand_in;

namespace {

struct counting_job final : thread_pool::job {
    void work() noexcept override { ++worked; }
    void report_end() noexcept override { ended_after = worked; }

    int worked = 0;
    int ended_after = 0;
};

}  // namespace

TEST_CASE("nothing stands in for the system, unless it is put there, in one thread only",
          "[base]") {
    CHECK(stand_in::current() == nullptr);
    {
        scripted_stand_in outer;
        CHECK(stand_in::current() == &outer);
        {
            scripted_stand_in inner;
            CHECK(stand_in::exchange(nullptr) == &inner);
            CHECK(stand_in::current() == nullptr);
            CHECK(stand_in::exchange(&inner) == nullptr);
        }
        CHECK(stand_in::current() == &outer);
        stand_in* elsewhere = &outer;
        std::thread([&] { elsewhere = stand_in::current(); }).join();
        CHECK(elsewhere == nullptr);
    }
    CHECK(stand_in::current() == nullptr);
}

TEST_CASE("the jobs of any thread_pool come to what stands in for its threads", "[base]") {
    thread_pool pool({.threads_max = 1, .waiting_max = 0});
    {
        scripted_stand_in simulation;
        counting_job first;
        counting_job second;
        CHECK(pool.submit(first) == 0);
        CHECK(pool.submit(second) == 0);
        CHECK(pool.withdraw(second));
        pool.abandon(first);
        CHECK(first.worked == 0);
        CHECK(simulation.go_on());
        CHECK(first.ended_after == 1);
        CHECK_FALSE(pool.withdraw(first));
        CHECK_FALSE(simulation.go_on());
        CHECK(second.worked == 0);
    }
    CHECK(pool.threads() == 0);
    CHECK(pool.abandoned() == 0);
}

TEST_CASE("a thread of ringlet's own is refused where something stands in for the system",
          "[base]") {
    const scripted_stand_in simulation;
    try {
        ringlet::detail::start_own_thread([] {}).join();
        FAIL("a thread was started");
    } catch (const std::domain_error& refused) {
        CHECK(std::string(refused.what()).starts_with("a thread: use concurrency::loop"));
    }
}

}  // namespace tests::base_stand_in
