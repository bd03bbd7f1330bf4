#pragma once

#include <ringlet/loop/detail/ring_operation.hpp>

namespace ringlet::detail {

/// The awaiting side of a ring operation. `Kind` is the class that derives from it, and `Base` the
/// common part of several kinds. The hot path needs no virtual call, since both are known here.
template <class Kind, class Base = ring_operation>
class ring_awaitable : public Base {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(suspension waiter) {
        this->note_waiter(waiter);
        return begin_noted();
    }

protected:
    using Base::Base;
    ~ring_awaitable() = default;

    /// Begins for the waiter that was noted. It is noted first, since what is kept in registers
    /// beside a call, however rare, costs every resumption of the coroutine a push and a pop.
    bool begin_noted() {
        if (!this->admit()) [[unlikely]]
            return this->refuse(this->waiter());
        io_uring_sqe& sqe = this->core_->begin(*this);
        static_cast<Kind&>(*this).Kind::prepare(sqe);
        this->take_part();
        return true;
    }
};

}  // namespace ringlet::detail
