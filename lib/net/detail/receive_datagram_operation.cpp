#include "datagram_pool.hpp"

#include <ringlet/net/detail/receive_datagram_operation.hpp>

namespace ringlet::detail {

template class next_operation<datagram_pool>;

datagram receive_datagram_operation::await_resume() {
    if (error_.stores() || result_ < 0)
        report(error_, "recvmsg");
    return result_ < 0 ? datagram() : source_.lend(result_);
}

}  // namespace ringlet::detail
