#include <ringlet/tls/session.hpp>

#include "tls/detail/layer.hpp"

#include <ringlet/net/stream.hpp>

namespace ringlet::tls {

std::optional<session> session_of(stream& secured) {
    for (stream* at = &secured; at != nullptr && at->layer() != nullptr; at = at->layer()->below())
        if (const auto* const found = dynamic_cast<const detail::layer*>(at->layer()))
            return found->agreed();
    return std::nullopt;
}

}  // namespace ringlet::tls
