#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/end_sending_operation.hpp>
#include <ringlet/net/detail/layer_side.hpp>

namespace ringlet::detail {

bool end_sending_operation::await_ready() const {
    way_.require_idle(name);
    return way_.layer() == nullptr;
}

bool end_sending_operation::await_suspend(suspension waiter) {
    return way_.layer()->end_sending(way_, waiter);
}

void end_sending_operation::await_resume() const {
    if (layer_side* const side = way_.layer()) {
        side->end(way_);
        side->report(error_, name, way_.of_client());
        return;
    }
    std::error_code outcome;
    socket_.shutdown(SHUT_WR, outcome);
    report(error_, outcome, name, way_.of_client());
}

}  // namespace ringlet::detail
