#include <ringlet/net/detail/layer_side.hpp>
#include <ringlet/net/detail/layered_operation.hpp>

#include <climits>

namespace ringlet::detail {

namespace {

constexpr int failed_on_layer = -INT_MAX;  // the result; the layer's side knows the error

}  // namespace

bool layered_operation::begin_otherwise(const char* caller) {
    way_.require_idle(caller);
    return begin_on_layer(*way_.layer(), waiter());
}

void layered_operation::end_observed() noexcept {
    layer_side* const side = way_.layer();
    if (side == nullptr) {
        way_.end(*this);
        return;
    }
    if (!side->calling())
        return;
    take_count(side->end(way_));
    if (side->failed())
        result_ = failed_on_layer;
}

void layered_operation::report(error_sink error, const char* what) const {
    if (result_ == failed_on_layer)
        way_.layer()->report(error, what, way_.of_client());
    else
        stream_operation::report(error, what);
}

}  // namespace ringlet::detail
