#include "catch.hpp"
#include "connected_pair.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <poll.h>

#include <deque>
#include <vector>

namespace tests::loop_ring_operation {

namespace {

/// Reads a byte, and goes on by polling where there is none.
class read_operation final : public ringlet::detail::ring_awaitable<read_operation> {
public:
    read_operation(ringlet::loop& owner, int fd) noexcept : ring_awaitable(owner.core()), fd_(fd) {}

    int await_resume() const noexcept { return error() ? -error().value() : result(); }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        io_uring_prep_recv(&sqe, fd_, &byte_, 1, MSG_DONTWAIT);
    }
    readiness missing_readiness() noexcept override { return {fd_, POLLIN}; }

    int fd_;
    char byte_ = 0;
};

ringlet::task<> keep_result(ringlet::loop& owner, int fd, int& result) {
    result = co_await read_operation(owner, fd);
}

/// A multishot accept, which ends when it is cancelled.
class arrivals final : public ringlet::detail::ring_operation {
public:
    arrivals(ringlet::loop& owner, int fd) noexcept
        : ring_operation(owner.core(), never_enough), fd_(fd) {
        restart();
    }

    std::vector<ringlet::socket> arrived;
    bool ended = false;

private:
    void prepare(io_uring_sqe& sqe) override {
        io_uring_prep_multishot_accept(&sqe, fd_, nullptr, nullptr, SOCK_CLOEXEC);
    }
    void complete(const ringlet::detail::completion& cqe) override {
        if (cqe.result >= 0)
            arrived.emplace_back(ringlet::network::system(), cqe.result);
        ended = (cqe.flags & IORING_CQE_F_MORE) == 0;
    }

    int fd_;
};

/// The opcodes that a read leads to where the ring gives `results` to the SQEs, one after the
/// other.
struct scripted_read {
    explicit scripted_read(std::deque<int> results)
        : owner(std::make_unique<virtual_time_ring>([this](const io_uring_sqe& sqe) {
              opcodes.push_back(sqe.opcode);
              const int next = script.empty() ? -ENOTSUP : script.front();
              if (!script.empty())
                  script.pop_front();
              return next;
          })),
          script(std::move(results)) {}

    int run() {
        const auto read = [&]() -> ringlet::task<int> {
            co_return co_await read_operation(owner, 0);
        };
        return ringlet::block_on(owner, read());
    }

    std::vector<int> opcodes;
    ringlet::loop owner;
    std::deque<int> script;
};

}  // namespace

TEST_CASE("an operation that a signal interrupts is made again", "[loop]") {
    scripted_read read({-EINTR, -EINTR, 1});
    CHECK(read.run() == 1);
    CHECK(read.opcodes == std::vector<int>(3, IORING_OP_RECV));
}

TEST_CASE("an operation that finds nothing is made again when poll says so", "[loop]") {
    scripted_read read({-EAGAIN, POLLIN, -EAGAIN, POLLIN, 1});
    CHECK(read.run() == 1);
    CHECK(read.opcodes == std::vector<int>{IORING_OP_RECV, IORING_OP_POLL_ADD, IORING_OP_RECV,
                                           IORING_OP_POLL_ADD, IORING_OP_RECV});
}

TEST_CASE("an operation that the ring cancels unasked is made again when poll says so", "[loop]") {
    scripted_read read({-ECANCELED, POLLIN, -ECANCELED, POLLIN, 1});
    CHECK(read.run() == 1);
    CHECK(read.opcodes == std::vector<int>{IORING_OP_RECV, IORING_OP_POLL_ADD, IORING_OP_RECV,
                                           IORING_OP_POLL_ADD, IORING_OP_RECV});
}

TEST_CASE("an error of the poll in between is the operation's", "[loop]") {
    scripted_read read({-EAGAIN, -EBADF});
    CHECK(read.run() == -EBADF);
    CHECK(read.opcodes.size() == 2);
}

TEST_CASE("an operation that found nothing goes on when there is something", "[loop]") {
    ringlet::loop owner;
    const connected_pair pair = unix_pair();
    int result = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(keep_result(owner, pair.fd(), result));
        for (int turn = 0; turn < 3; ++turn)
            co_await ringlet::yield();
        CHECK(::send(pair.peer(), "x", 1, 0) == 1);
        co_await group.join();
    });
    CHECK(result == 1);
}

TEST_CASE("an operation that polls in between can be cancelled all the time", "[loop]") {
    const int turns = GENERATE(0, 1, 2, 3);
    CAPTURE(turns);
    ringlet::loop owner;
    const connected_pair pair = unix_pair();
    int result = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(keep_result(owner, pair.fd(), result));
        for (int turn = 0; turn < turns; ++turn)
            co_await ringlet::yield();
        group.cancel();
        co_await group.join();
    });
    CHECK(result == -ECANCELED);
}

TEST_CASE("an operation that takes every completion gets those of a multishot, too", "[loop]") {
    ringlet::loop owner;
    const ringlet::socket listener = tcp_listener();
    arrivals accept(owner, listener.native_handle());
    run_coroutine(owner, [&]() -> ringlet::task<> {
        for (std::size_t i = 1; i <= 3; ++i) {
            const ringlet::socket client = tcp_client(listener);
            while (accept.arrived.size() < i)
                co_await ringlet::yield();
        }
        CHECK_FALSE(accept.ended);
        accept.cancel();
        accept.cancel();
        while (!accept.ended)
            co_await ringlet::yield();
    });
    CHECK(accept.arrived.size() == 3);
}

TEST_CASE("destroying a loop with an operation in flight ends the program", "[loop]") {
    const child_end end = run_in_child([] {
        const connected_pair pair = unix_pair();
        auto owner = std::make_unique<ringlet::loop>();
        auto* const group = new ringlet::detail::joinable_task_group(*owner);
        bool done = false;
        int result = 0;
        owner->core().run_until(done, [&] {
            group->spawn(keep_result(*owner, pair.fd(), result));
            done = true;
        });
        owner.reset();
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a loop was destroyed while a coroutine was suspended on it"));
}

}  // namespace tests::loop_ring_operation
