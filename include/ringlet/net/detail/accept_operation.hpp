#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/detail/next_operation.hpp>
#include <ringlet/net/stream.hpp>

namespace ringlet::detail {

class acceptor;
extern template class next_operation<acceptor>;

/// Waits for the next connection of a listener and yields it.
class accept_operation final : public next_operation<acceptor> {
public:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    accept_operation(loop_core& core, acceptor& source, error_sink error) noexcept
        : next_operation(core, source, error) {}

    stream await_resume();
};

}  // namespace ringlet::detail
