#include "catch.hpp"

#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/loop.hpp>

#include <cstdint>
#include <cstring>
#include <vector>

namespace tests::loop_frame_pool {

using ringlet::detail::frame_pool;

namespace {

/// Calls `body()` where the loop runs.
template <class Body>
void run_inside(ringlet::loop& owner, Body body) {
    bool done = false;
    owner.core().run_until(done, [&] {
        body();
        done = true;
    });
}

}  // namespace

TEST_CASE("a loop gives the block out first that came back last", "[loop]") {
    ringlet::loop owner;
    run_inside(owner, [] {
        void* const first = frame_pool::allocate(500);
        void* const second = frame_pool::allocate(500);
        CHECK(first != second);
        frame_pool::deallocate(first, 500);
        frame_pool::deallocate(second, 500);
        CHECK(frame_pool::allocate(490) == second);  // of the same size class
        CHECK(frame_pool::allocate(500) == first);
        frame_pool::deallocate(first, 500);
        frame_pool::deallocate(second, 490);
    });
}

TEST_CASE("a block is as large as it was asked for, and aligned for anything", "[loop]") {
    ringlet::loop owner;
    run_inside(owner, [] {
        for (int round = 0; round < 2; ++round) {  // fresh ones, then those that were kept
            for (std::size_t size = 1; size < 40'000; size += 61) {
                void* const block = frame_pool::allocate(size);
                REQUIRE(reinterpret_cast<std::uintptr_t>(block) %
                            __STDCPP_DEFAULT_NEW_ALIGNMENT__ ==
                        0);
                std::memset(block, 0xa5, size);
                frame_pool::deallocate(block, size);
            }
        }
    });
}

TEST_CASE("a loop keeps free blocks up to its limit, and none above 32 KiB", "[loop]") {
    ringlet::loop owner({.frame_cache_bytes_max = 1'000});
    run_inside(owner, [&] {
        std::vector<void*> blocks;
        for (int i = 0; i < 20; ++i)
            blocks.push_back(frame_pool::allocate(100));  // of 120 bytes
        for (void* const block : blocks) {
            frame_pool::deallocate(block, 100);
            CHECK(owner.core().frames().cached_bytes() <= 1'000);
        }
        CHECK(owner.core().frames().cached_bytes() == 8 * 120);
    });

    ringlet::loop roomy;
    run_inside(roomy, [&] {
        frame_pool::deallocate(frame_pool::allocate(32 * 1'024), 32 * 1'024);
        const std::size_t kept = roomy.core().frames().cached_bytes();
        CHECK(kept >= 32 * 1'024);
        frame_pool::deallocate(frame_pool::allocate(33 * 1'024), 33 * 1'024);
        CHECK(roomy.core().frames().cached_bytes() == kept);
    });
}

TEST_CASE("a block may come from the heap and go back to a loop, and the other way", "[loop]") {
    ringlet::loop owner;
    for (const std::size_t size : {std::size_t{1}, std::size_t{300}, std::size_t{50'000}}) {
        void* const from_heap = frame_pool::allocate(size);
        run_inside(owner, [&] { frame_pool::deallocate(from_heap, size); });
        void* from_loop = nullptr;
        run_inside(owner, [&] { from_loop = frame_pool::allocate(size); });
        frame_pool::deallocate(from_loop, size);
    }
    CHECK(owner.core().frames().cached_bytes() == 0);
}

TEST_CASE("blocks of one loop may end in another, which keeps none that it does not give out",
          "[loop]") {
    ringlet::loop one;
    ringlet::loop other;
    std::vector<void*> blocks(3);
    run_inside(one, [&] {
        for (void*& block : blocks)
            block = frame_pool::allocate(100);
    });
    run_inside(other, [&] {
        void* const own = frame_pool::allocate(100);
        for (void* const block : blocks)
            frame_pool::deallocate(block, 100);
        frame_pool::deallocate(own, 100);
    });
    CHECK(one.core().frames().cached_bytes() == 0);
    CHECK(other.core().frames().cached_bytes() == 120);  // which may be any of them
}

}  // namespace tests::loop_frame_pool
