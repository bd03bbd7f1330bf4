#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/suspension.hpp>
#include <ringlet/net/detail/direction.hpp>
#include <ringlet/net/socket.hpp>

namespace ringlet::detail {

/// Ends the sending side of a stream. On a socket it does so without waiting, in a cancelled scope
/// too; on a layer it awaits the layer's call. shutdown(2).
class end_sending_operation {
public:
    static constexpr const char* name = "end_sending";

    /// Awaiting it throws std::system_error, or stores the error in `error`.
    end_sending_operation(ringlet::socket& connected, direction& outgoing,
                          error_sink error) noexcept
        : socket_(connected), way_(outgoing), error_(error) {}

    /// Throws std::logic_error if a send is pending.
    [[nodiscard]] bool await_ready() const;
    bool await_suspend(suspension waiter);
    void await_resume() const;

private:
    ringlet::socket& socket_;
    direction& way_;
    error_sink error_;
};

}  // namespace ringlet::detail
