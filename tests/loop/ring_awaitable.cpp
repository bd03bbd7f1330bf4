#include "catch.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/ring_awaitable.hpp>

namespace {

/// As little as a kind of operation can be.
class nop_operation final : public ringlet::ring_awaitable<nop_operation> {
public:
    nop_operation(ringlet::loop& owner, int& prepared) noexcept
        : ring_awaitable(owner), prepared_(prepared) {}

    std::error_code await_resume() const noexcept { return error(); }

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override {
        ++prepared_;
        io_uring_prep_nop(&sqe);
    }

    int& prepared_;
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
