#include <ringlet/tls/client_context.hpp>

#include "tls/detail/client_state.hpp"

#include <utility>

namespace ringlet::tls {

client_context::client_context() : client_context(client_context_options{}) {}

client_context::client_context(const client_context_options& options)
    : state_(std::make_shared<detail::client_state>(options)) {}

counters client_context::counters() const noexcept {
    return state_->counts().snapshot();
}

}  // namespace ringlet::tls
