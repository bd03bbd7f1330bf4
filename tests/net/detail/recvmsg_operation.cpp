#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/net/detail/recv_from_operation.hpp>

#include <array>
#include <memory>
#include <system_error>
#include <type_traits>
#include <vector>

namespace tests::net_recvmsg_operation {

using ringlet::loop;
using ringlet::task;

// It is what kinds of receives are made of, not to be awaited itself.
static_assert(!std::is_destructible_v<ringlet::detail::recvmsg_operation>);

TEST_CASE("a receive of a datagram that a ring answers with EAGAIN polls, and is made again",
          "[net]") {
    std::vector<int> opcodes;
    loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) {
        opcodes.push_back(sqe.opcode);
        if (sqe.opcode == IORING_OP_POLL_ADD)
            return static_cast<int>(sqe.poll32_events);
        return opcodes.size() == 1 ? -EAGAIN : 0;
    }));
    std::array<char, 16> buffer{};
    std::error_code error = std::make_error_code(std::errc::io_error);
    run_coroutine(owner, [&]() -> task<> {
        co_await ringlet::detail::recv_from_operation(owner.core(), 3, buffer, nullptr, nullptr,
                                                      error);
    });
    CHECK_FALSE(error);
    CHECK(opcodes == std::vector<int>{IORING_OP_RECVMSG, IORING_OP_POLL_ADD, IORING_OP_RECVMSG});
}

}  // namespace tests::net_recvmsg_operation
