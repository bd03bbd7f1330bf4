#pragma once

#include <ringlet/loop/loop.hpp>
#include <ringlet/loop/ring_operation.hpp>

namespace ringlet {

/// The awaiting side of ring operations; `Kind` is the class that derives from it. That the kind is
/// known here saves the hot path a virtual call.
template <class Kind>
class ring_awaitable : public ring_operation {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(suspension waiter) {
        if (!admit()) [[unlikely]]
            return false;
        io_uring_sqe& sqe = loop_->begin(*this);
        static_cast<Kind&>(*this).Kind::prepare(sqe);
        suspend(waiter);
        return true;
    }

protected:
    using ring_operation::ring_operation;
    ~ring_awaitable() = default;
};

}  // namespace ringlet
