#pragma once

#include <ringlet/net/detail/stream_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

class layer_side;

/// The common part of the receives and sends of a stream that may stand on a layer. On a socket the
/// operation itself is pending in the stream's direction. On a layer a call of the layer is
/// pending, which the operation begins, and whose outcome it takes over.
class layered_operation : public stream_operation {
protected:
    using stream_operation::stream_operation;
    ~layered_operation() = default;

    /// The first step of going on.
    void end() noexcept {
        if (!way_.end_unobserved(*this)) [[unlikely]]
            end_observed();
    }

    /// Begins on the layer, if there is one, for the waiter that was noted. Whether that has to
    /// wait. Throws std::logic_error, naming `caller`, if an operation is pending.
    bool begin_otherwise(const char* caller);

    /// Begins the layer's call. Whether `waiter` has to wait.
    virtual bool begin_on_layer(layer_side& side, suspension waiter) = 0;

    /// Takes the count that the layer's call has yielded.
    virtual void take_count(std::size_t count) noexcept = 0;

    /// Reports to `error` how the operation has ended; `what` names it in an exception's text. On
    /// the stream of a server's client the exception is a client_failure.
    void report(error_sink error, const char* what) const;

private:
    void end_observed() noexcept;
};

/// The awaiting side of the receives and sends of a stream that may stand on a layer. `Kind` is the
/// class that derives from it, and `Kind::name` how the call is named where another is pending.
template <class Kind>
class layered_awaitable : public ring_awaitable<Kind, layered_operation> {
    using base = ring_awaitable<Kind, layered_operation>;

public:
    // GCC 12 calls this 100 instructions of every message out of line, 30 more, unless it is told.
    [[gnu::always_inline]] bool await_suspend(suspension waiter) {
        this->note_waiter(waiter);
        if (this->way_.is_idle_on_socket()) [[likely]]
            return this->begin_noted();
        return this->begin_otherwise(Kind::name);
    }

protected:
    using base::base;
    ~layered_awaitable() = default;
};

}  // namespace ringlet::detail
