#include "server/detail/bounded_dispatcher.hpp"
#include "server/detail/concurrency_model.hpp"
#include "server/detail/serving_period.hpp"

namespace ringlet::detail {

namespace {

/// The serving loop accepts all requests and handles them in coroutines.
class loop_model final : public concurrency_model {
    task<> serve(serving_period& period) const override {
        bounded_dispatcher handlers(loop::require_current("serve"),
                                    period.options().max_connections, period);
        co_await period.serve(handlers);
    }
};

}  // namespace

const concurrency_model& concurrency_in_loop() noexcept {
    static const loop_model model;
    return model;
}

}  // namespace ringlet::detail
