#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/net/detail/send_to_operation.hpp>

#include <chrono>
#include <memory>
#include <type_traits>
#include <vector>

namespace tests::net_sendmsg_operation {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;

// It is what kinds of sends are made of, not to be awaited itself.
static_assert(!std::is_destructible_v<ringlet::detail::sendmsg_operation>);

TEST_CASE("where a poll knows nothing of the room, a send tries again, ever more rarely", "[net]") {
    std::vector<std::chrono::milliseconds> attempts;
    virtual_time_ring* ring = nullptr;
    auto made = std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return static_cast<int>(sqe.poll32_events);
        attempts.push_back(ring->elapsed());
        return attempts.size() < 12 ? -EAGAIN : 5;
    });
    ring = made.get();
    loop owner(std::move(made));
    const ringlet::address to("127.0.0.1", 9);
    std::size_t sent = 0;
    run_coroutine(owner, [&]() -> task<> {
        sent = co_await ringlet::detail::send_to_operation(owner.core(), 3, "hello", to,
                                                           ringlet::throws);
    });
    CHECK(sent == 5);
    CHECK(attempts == std::vector<std::chrono::milliseconds>{0ms, 0ms, 1ms, 3ms, 7ms, 15ms, 31ms,
                                                             63ms, 127ms, 191ms, 255ms, 319ms});
}

}  // namespace tests::net_sendmsg_operation
