#include "server/detail/serve_until_shutdown.hpp"
#include "catch.hpp"
#include "run_coroutine.hpp"
#include "server/detail/bounded_dispatcher.hpp"

#include <ringlet/coro/sleep_for.hpp>

namespace tests::server_serve_until_shutdown {

using namespace std::chrono_literals;

namespace {

/// As a thread does that was held up between the halves of `request`.
void wake_up_late(ringlet::detail::shutdown_signal& requested) {
    requested.request(std::chrono::nanoseconds::max());
}

ringlet::task<> take_nothing(ringlet::detail::shutdown_signal& requested, bool& undisturbed) {
    for (int i = 0; i < 3; ++i) {
        wake_up_late(requested);
        for (int turn = 0; turn < 10; ++turn)
            co_await ringlet::yield();
    }
    undisturbed = true;
}

/// A server that nothing happens to.
struct no_server final : ringlet::detail::dispatch_context {
    [[nodiscard]] const ringlet::server_options& options() const noexcept override {
        return options_;
    }
    void overloaded(std::error_code /*error*/,
                    std::chrono::milliseconds /*pause*/) const noexcept override {}
    void report_refused(const std::exception_ptr& /*exception*/,
                        const ringlet::address& /*client*/) const noexcept override {}

private:
    ringlet::server_options options_;
};
const no_server nobody;

/// Ends at once, with an exception.
struct failing final : ringlet::detail::drainable {
    void cancel() override {}
    ringlet::task<> join() override {
        co_await ringlet::yield();
        throw std::runtime_error("a worker failed");
    }
};

ringlet::task<> nothing() {
    co_return;
}

ringlet::task<> fail() {
    throw std::runtime_error("out of order");
    co_return;
}

}  // namespace

TEST_CASE("a wake-up whose request was carried out already stops nothing", "[server]") {
    ringlet::detail::shutdown_signal requested;
    bool undisturbed = false;
    run_coroutine([&]() -> ringlet::task<> {
        ringlet::detail::bounded_dispatcher none(ringlet::loop::require_current("test"), 1, nobody);
        wake_up_late(requested);
        co_await ringlet::detail::serve_until_shutdown(take_nothing(requested, undisturbed), none,
                                                       requested, 0s);
    });
    CHECK(undisturbed);
}

TEST_CASE("where taking requests fails, what runs has its time, and the failure is thrown",
          "[server]") {
    ringlet::detail::shutdown_signal requested;
    bool ended = false;
    run_coroutine([&]() -> ringlet::task<> {
        ringlet::detail::bounded_dispatcher one(ringlet::loop::require_current("test"), 1, nobody);
        const auto run = [](bool& done) -> ringlet::task<> {
            for (int turn = 0; turn < 10; ++turn)
                co_await ringlet::yield();
            done = true;
        };
        one.run_aside(run(ended));
        try {
            co_await ringlet::detail::serve_until_shutdown(fail(), one, requested, 1h);
        } catch (const std::runtime_error& error) {
            CHECK(error.what() == std::string("out of order"));
            CHECK(ended);
        }
    });
    CHECK(ended);
}

TEST_CASE("what the end of the workers throws is thrown when the shutdown is no longer awaited",
          "[server]") {
    ringlet::detail::shutdown_signal requested;
    failing workers;
    run_coroutine([&]() -> ringlet::task<> {
        std::string thrown;
        try {
            co_await ringlet::detail::serve_until_shutdown(nothing(), workers, requested, 0s);
        } catch (const std::runtime_error& error) {
            thrown = error.what();
        }
        CHECK(thrown == "a worker failed");
    });
}

}  // namespace tests::server_serve_until_shutdown
