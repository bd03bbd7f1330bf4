#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/stream_operation.hpp>

namespace ringlet::detail {

void stream_operation::report(error_sink error, const char* what) const {
    detail::report(error, this->error(), what, way_.of_client());
}

}  // namespace ringlet::detail
