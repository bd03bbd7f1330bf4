#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>
#include <ringlet/loop/detail/outgoing_bytes.hpp>
#include <ringlet/net/stream_layer.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

namespace ringlet::detail {

class direction;

/// A call of a stream's layer that a coroutine awaits. It is the pending operation in its direction
/// of the stream; to cancel it cancels the scope in which the layer's coroutine runs.
class layer_call final : public operation {
public:
    explicit layer_call(loop_core& core) noexcept : operation(core) {}

    using operation::admit;
    using operation::refuse;

    /// Runs `called` up to its first suspension, in a scope inside the current one. Whether
    /// `waiter` has to wait.
    bool begin(task<std::size_t> called, suspension waiter);

    /// Ends the wait, in the scope of the coroutine that awaited the call. Yields the count that
    /// the layer's coroutine has yielded.
    std::size_t end() noexcept;

    void cancel() override {
        if (inner_)
            inner_->cancel();
    }

    /// The error with which the call has ended, if any.
    [[nodiscard]] std::error_code outcome() const noexcept;

    /// What the layer has thrown, if it has.
    [[nodiscard]] const std::exception_ptr& failure() const noexcept { return failure_; }

    /// Where the layer stores its error.
    [[nodiscard]] std::error_code& error() noexcept { return error_; }

private:
    std::optional<operation_scope> inner_;
    task<std::size_t> called_;
    std::optional<task<std::size_t>::awaiter> awaited_;
    std::error_code error_;
    std::exception_ptr failure_;
};

/// One direction of a stream that stands on a layer: begins the layer's calls and keeps the outcome
/// of the last one. A stream on a socket has none.
///
/// One thread: the loop's.
class layer_side {
public:
    /// The most bytes that one call of the layer is given to send, so that a send of any size shows
    /// its progress.
    static constexpr std::size_t piece_max = std::size_t{64} << 10U;

    /// A side of the stream that owns `layer`.
    layer_side(loop_core& core, stream_layer& layer) noexcept : core_(core), layer_(layer) {}
    layer_side(const layer_side&) = delete;
    layer_side& operator=(const layer_side&) = delete;

    [[nodiscard]] stream_layer& layer() const noexcept { return layer_; }

    /// Awaits `call(layer, error)`, which makes a task that yields a count, for `waiter`; the
    /// caller has found `way`, the direction of this side, without a pending operation. Whether
    /// `waiter` has to wait. Throws what `call` throws.
    template <class Call>
    bool begin(direction& way, suspension waiter, const Call& call) {
        layer_call& started = prepare();
        if (!started.admit())
            return refuse(way, waiter);
        return run(way, waiter, call(layer_, started.error()));
    }

    /// Sends all of `buffers`, which last until the await is over, as `begin` does. Each piece that
    /// has gone counts as progress of `way`.
    bool send_all(direction& way, suspension waiter, std::span<const const_buffer> buffers);

    /// Sends some or all of `single`, which lasts until the await is over, as `begin` does. Each
    /// piece that has gone counts as progress of `way`.
    bool send(direction& way, suspension waiter, const_buffer single,
              outgoing_bytes::extent wanted);

    /// Ends the sending side, as `begin` does.
    bool end_sending(direction& way, suspension waiter);

    /// Ends the call that one of these began, in the coroutine that awaited it. Yields the count of
    /// bytes, whether or not there was an error.
    std::size_t end(direction& way) noexcept;

    /// Whether a call has begun and not been ended.
    [[nodiscard]] bool calling() const noexcept { return calling_; }

    /// Whether the last call has ended with an error.
    [[nodiscard]] bool failed() const noexcept;

    /// Reports to `error` how the last call has ended, or throws what the layer has thrown; `what`
    /// names the call in an exception's text. With `of_client` an exception is a client_failure.
    void report(error_sink error, const char* what, bool of_client) const;

private:
    [[nodiscard]] layer_call& prepare() noexcept {
        calling_ = true;
        sending_ = false;
        noted_ = 0;
        return last_.emplace(core_);
    }
    bool refuse(direction& way, suspension waiter) noexcept;
    bool run(direction& way, suspension waiter, task<std::size_t> called);
    task<std::size_t> send_in_pieces(direction& way, std::span<const const_buffer> buffers,
                                     std::error_code& error);
    void note_sent(direction& way, std::size_t bytes) noexcept;

    loop_core& core_;
    stream_layer& layer_;
    std::optional<layer_call> last_;
    const_buffer single_{nullptr, 0};  // what a send of a single buffer sends
    bool calling_ = false;
    bool sending_ = false;   // whether the last call sends
    std::size_t noted_ = 0;  // how many of its bytes have counted as progress already
};

/// What a stream on a layer has beside one on a socket.
struct layer_sides {
    layer_sides(loop_core& core, std::unique_ptr<stream_layer> owned) noexcept
        : layer(std::move(owned)), incoming(core, *layer), outgoing(core, *layer) {}

    std::unique_ptr<stream_layer> layer;
    layer_side incoming;
    layer_side outgoing;
};

}  // namespace ringlet::detail
