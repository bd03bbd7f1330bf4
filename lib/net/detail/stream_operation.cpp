#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/stream_operation.hpp>

namespace ringlet::detail {

void stream_operation::report(error_sink error, const char* what) const {
    const std::error_code outcome = this->error();
    if (outcome && way_.of_client() && !error.stores())
        throw client_failure(outcome, what);
    error.report(outcome, what);
}

}  // namespace ringlet::detail
