#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/detail/next_operation.hpp>

namespace ringlet::detail {

class datagram_pool;
extern template class next_operation<datagram_pool>;

/// Waits for the next datagram of a receiver and yields it.
class receive_datagram_operation final : public next_operation<datagram_pool> {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    receive_datagram_operation(loop_core& core, datagram_pool& source, error_sink error) noexcept
        : next_operation(core, source, error) {}

    datagram await_resume();
};

}  // namespace ringlet::detail
