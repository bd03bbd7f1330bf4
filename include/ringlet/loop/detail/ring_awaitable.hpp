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
        if (!this->admit()) [[unlikely]]
            return this->refuse(waiter);
        io_uring_sqe& sqe = this->core_->begin(*this);
        static_cast<Kind&>(*this).Kind::prepare(sqe);
        this->suspend(waiter);
        return true;
    }

protected:
    using Base::Base;
    ~ring_awaitable() = default;
};

}  // namespace ringlet::detail
