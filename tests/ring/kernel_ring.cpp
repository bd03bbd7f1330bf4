#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "descriptors.hpp"
#include "forked_child.hpp"

#include <ringlet/ring/kernel_ring.hpp>

#include <sys/time.h>

#include <chrono>
#include <future>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace tests::ring_kernel_ring {

using namespace std::chrono_literals;

namespace {

using setup = ringlet::ring_options::setup;

setup any_setup() {
    return GENERATE(setup::defer_taskrun, setup::single_issuer, setup::coop_taskrun, setup::plain);
}

void prepare_nop(ringlet::ring& ring, std::uint64_t user_data) {
    prepare_as(ring, user_data, [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); });
}

}  // namespace

TEST_CASE("every set-up of the kernel's ring submits and waits", "[ring]") {
    const setup first_setup = any_setup();
    CAPTURE(static_cast<unsigned>(first_setup));
    ringlet::kernel_ring ring({.first_setup = first_setup});
    CHECK(ring.setup() >= first_setup);
    CHECK(ring.name() == "kernel");

    prepare_nop(ring, 1);
    CHECK(next_completion(ring).user_data == 1);

    const connected_pair pair = unix_pair();
    char byte = 0;
    prepare_as(ring, 2,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_as(ring, 3,
               [&](io_uring_sqe* sqe) { io_uring_prep_send(sqe, pair.peer(), "!", 1, 0); });
    const std::set<std::uint64_t> both{next_completion(ring).user_data,
                                       next_completion(ring).user_data};
    CHECK(both == std::set<std::uint64_t>{2, 3});
    CHECK(byte == '!');
}

TEST_CASE("every set-up but the plainest tells in memory of what is to be collected", "[ring]") {
    const setup first_setup = any_setup();
    CAPTURE(static_cast<unsigned>(first_setup));
    ringlet::kernel_ring ring({.first_setup = first_setup});
    REQUIRE(ring.completions().observable() == (ring.setup() != setup::plain));

    const connected_pair pair = unix_pair();
    char byte = 0;
    prepare_as(ring, 1,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    ring.enter(1, 0, ringlet::ring::no_deadline);
    CHECK(ring.completions().ready() == 0);
    CHECK(ring.completions().uncollected() == !ring.completions().observable());

    REQUIRE(::write(pair.peer(), "!", 1) == 1);
    if (ring.completions().ready() == 0)
        CHECK(ring.completions().uncollected());
    CHECK(next_completion(ring).user_data == 1);
}

TEST_CASE("the kernel's ring knows which operations the kernel has", "[ring]") {
    const ringlet::kernel_ring ring;
    for (const unsigned known : {IORING_OP_NOP, IORING_OP_READ, IORING_OP_RECV, IORING_OP_SEND,
                                 IORING_OP_SENDMSG, IORING_OP_ACCEPT, IORING_OP_CONNECT,
                                 IORING_OP_CLOSE, IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL})
        CHECK(ring.supports(known));
    for (const unsigned absurd : {200U, 255U, 256U, 1'000'000U, ~0U})
        CHECK_FALSE(ring.supports(absurd));
}

TEST_CASE("a wait ends at its deadline and not before", "[ring]") {
    const setup first_setup = any_setup();
    ringlet::kernel_ring ring({.first_setup = first_setup});
    for (const auto timeout : {0ms, 1ms, 20ms}) {
        const auto deadline = ring.now() + timeout;
        ring.enter(0, 1, deadline);
        CHECK(ring.now() >= deadline);
        CHECK(ring.completions().ready() == 0);
    }
    ring.enter(0, 1, ring.now() - 1h);  // is over at once, and no error
    ring.enter(0, 1, ringlet::ring::clock::time_point::min());
    CHECK(ring.completions().ready() == 0);
}

TEST_CASE("a wait ends with a completion, however far its deadline", "[ring]") {
    ringlet::kernel_ring ring;
    prepare_nop(ring, 5);
    ring.enter(1, 1, ring.now() + 24h * 365);
    REQUIRE(ring.completions().ready() == 1);
    CHECK(ring.completions().pop().user_data == 5);

    prepare_nop(ring, 6);
    ring.enter(1, 1, ringlet::ring::no_deadline);
    CHECK(ring.completions().pop().user_data == 6);
}

TEST_CASE("only the SQEs that are handed over are carried out", "[ring]") {
    ringlet::kernel_ring ring;
    prepare_nop(ring, 1);
    prepare_nop(ring, 2);
    ring.enter(1, 1, ringlet::ring::no_deadline);
    CHECK(ring.completions().ready() == 1);
    CHECK(ring.submissions().prepared() == 1);
    CHECK(next_completion(ring).user_data == 1);
    CHECK(next_completion(ring).user_data == 2);
    CHECK(ring.submissions().prepared() == 0);
}

TEST_CASE("an SQE that is no good does not hold back those behind it", "[ring]") {
    ringlet::kernel_ring ring;
    prepare_as(ring, 1, [](io_uring_sqe* sqe) { sqe->opcode = 255; });
    prepare_nop(ring, 2);
    hand_over(ring);
    const ringlet::detail::completion refused = next_completion(ring);
    CHECK(refused.user_data == 1);
    CHECK(refused.result == -EINVAL);
    CHECK(next_completion(ring).user_data == 2);
}

TEST_CASE("a small ring goes around its queues many times", "[ring]") {
    ringlet::kernel_ring ring({.submission_entries = 4, .completion_entries = 8});
    for (std::uint64_t round = 0; round < 5'000; ++round) {
        for (std::uint64_t i = 0; i < 3; ++i)
            prepare_nop(ring, 3 * round + i);
        for (std::uint64_t i = 0; i < 3; ++i)
            REQUIRE(next_completion(ring).user_data == 3 * round + i);
    }
    CHECK(ring.overflows() == 0);
}

TEST_CASE("completions that outrun their queue are counted, and none is lost", "[ring]") {
    const setup first_setup = any_setup();
    CAPTURE(static_cast<unsigned>(first_setup));
    ringlet::kernel_ring ring(
        {.submission_entries = 4, .completion_entries = 4, .first_setup = first_setup});
    constexpr std::uint64_t count = 200;
    std::set<std::uint64_t> missing;
    std::set<std::uint64_t> seen_twice;
    const auto take = [&](const ringlet::detail::completion& cqe) {
        if (missing.erase(cqe.user_data) == 0)
            seen_twice.insert(cqe.user_data);
    };
    for (std::uint64_t i = 1; i <= count; ++i) {
        // The kernel may answer EBUSY until room is made, so that a full queue is no failure.
        while (ring.submissions().prepared() == 4) {
            hand_over(ring);
            if (ring.submissions().prepared() == 4)
                take(next_completion(ring));
        }
        missing.insert(i);
        prepare_nop(ring, i);
    }
    while (!missing.empty())
        take(next_completion(ring));
    CHECK(seen_twice.empty());
    CHECK(ring.overflows() > 0);
}

TEST_CASE("a ring that another thread enters breaks, and the error names the call", "[ring]") {
    ringlet::kernel_ring ring;
    if (ring.setup() > setup::single_issuer)
        SKIP("this kernel has no rings of a single issuer");
    prepare_nop(ring, 1);
    const auto error = std::async(std::launch::async, [&ring]() -> std::string {
                           try {
                               hand_over(ring);
                               return {};
                           } catch (const std::system_error& broken) {
                               return broken.what();
                           }
                       }).get();
    CHECK(error.starts_with("io_uring_enter: "));
}

TEST_CASE("a ring leaves no descriptor behind", "[ring]") {
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 10; ++round) {
        ringlet::kernel_ring ring;
        prepare_nop(ring, 1);
        hand_over(ring);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a signal ends a wait early, and is no error", "[ring]") {
    const child_end end = run_in_child([] {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        ::sigaction(SIGALRM, &action, nullptr);
        const itimerval again_and_again{{0, 5'000}, {0, 5'000}};
        ::setitimer(ITIMER_REAL, &again_and_again, nullptr);

        ringlet::kernel_ring ring;
        ring.enter(0, 1, ringlet::ring::no_deadline);
        return ring.completions().ready() == 0 ? 0 : 1;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a forked child cannot touch the queues of its parent", "[ring]") {
    ringlet::kernel_ring ring;
    const child_end end = run_in_child([&ring] {
        static_cast<void>(ring.submissions().next());
        return 0;
    });
    CHECK_FALSE(end.exited_with(0));
    prepare_as(ring, 1, [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); });
    CHECK(next_completion(ring).user_data == 1);
}

TEST_CASE("threads make, use and end rings while others do", "[ring]") {
    constexpr int rounds = 20;
    std::vector<std::future<int>> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.push_back(std::async(std::launch::async, [] {
            int completed = 0;
            for (int round = 0; round < rounds; ++round) {
                ringlet::kernel_ring ring({.submission_entries = 8, .completion_entries = 16});
                prepare_nop(ring, 1);
                completed += next_completion(ring).user_data == 1 ? 1 : 0;
            }
            return completed;
        }));
    for (auto& thread : threads)
        CHECK(thread.get() == rounds);
}

}  // namespace tests::ring_kernel_ring
