#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/loop/detail/ring_awaitable.hpp>

#include <algorithm>
#include <vector>

namespace tests::loop_ring_awaitable {

namespace {

/// As little as a kind of operation can be.
class nop_operation final : public ringlet::detail::ring_awaitable<nop_operation> {
public:
    nop_operation(ringlet::loop& owner, int& prepared) noexcept
        : ring_awaitable(owner.core()), prepared_(prepared) {}

    std::error_code await_resume() const noexcept { return error(); }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        ++prepared_;
        io_uring_prep_nop(&sqe);
    }

    int& prepared_;
};

/// A ring that takes no SQE as long as a CQE waits in its queue; so do kernels that are short of
/// memory.
class reluctant_ring final : public virtual_time_ring {
    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override {
        virtual_time_ring::enter(completions().ready() > 0 ? 0 : submit, wait_for, deadline);
    }
};

}  // namespace

TEST_CASE("an awaitable kind of operation is prepared once and carried out", "[loop]") {
    ringlet::loop owner;
    int prepared = 0;
    const std::error_code error = run_coroutine(owner, [&]() -> ringlet::task<std::error_code> {
        for (int i = 0; i < 999; ++i)
            static_cast<void>(co_await nop_operation(owner, prepared));
        co_return co_await nop_operation(owner, prepared);
    });
    CHECK_FALSE(error);
    CHECK(prepared == 1'000);
}

TEST_CASE("an operation under a cancelled scope takes no SQE", "[loop]") {
    ringlet::loop owner;
    int prepared = 0;
    const std::error_code error = run_coroutine(owner, [&]() -> ringlet::task<std::error_code> {
        ringlet::cancel_scope scope;
        scope.cancel();
        const unsigned before = owner.ring().submissions().prepared();
        const std::error_code outcome = co_await nop_operation(owner, prepared);
        CHECK(owner.ring().submissions().prepared() == before);
        co_return outcome;
    });
    CHECK(error == std::errc::operation_canceled);
    CHECK(prepared == 0);
}

TEST_CASE("a ring that takes nothing more before its completions are taken loses none", "[loop]") {
    ringlet::loop owner(std::make_unique<reluctant_ring>());
    constexpr int count = 100;
    int prepared = 0;
    std::vector<int> ended;
    const auto nop = [&](int number) -> ringlet::task<> {
        static_cast<void>(co_await nop_operation(owner, prepared));
        ended.push_back(number);
    };
    const auto begin_all = [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        for (int i = 0; i < count; ++i)
            group.spawn(nop(i));
        co_await group.join();
    };
    ringlet::block_on(owner, begin_all());
    CHECK(ended.size() == count);
    CHECK(std::is_sorted(ended.begin(), ended.end()));
}

}  // namespace tests::loop_ring_awaitable
