#include "catch.hpp"
#include "ring/conformance.hpp"

#include <ringlet/ring/detail/completion.hpp>

namespace tests::ring_completion {

TEST_CASE("a completion says whose it is in all 64 bits, and an error as -errno", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();

    constexpr std::uint64_t all_bits = 0xfedc'ba98'7654'3210;
    prepare_as(*ring, all_bits, [](io_uring_sqe* sqe) { io_uring_prep_close(sqe, -1); });
    const ringlet::detail::completion cqe = next_completion(*ring);
    CHECK(cqe.user_data == all_bits);
    CHECK(cqe.result == -EBADF);
    CHECK((cqe.flags & IORING_CQE_F_MORE) == 0);
}

}  // namespace tests::ring_completion
