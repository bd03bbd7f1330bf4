#include "layer.hpp"

#include "client_state.hpp"
#include "server_state.hpp"
#include "session_text.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/poll.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/tls/errc.hpp>

#include <poll.h>

#include <algorithm>
#include <utility>

namespace ringlet::tls::detail {

using ringlet::detail::direct_transfer;

namespace {

// How much of what a peer goes on sending is dropped, so that it reads why it was refused.
constexpr std::size_t dropped_max = 65'536;

// From how many bytes on what comes is not copied through a buffer of the loop, but received where
// OpenSSL wants it once poll(2) tells that it is there.
constexpr std::size_t bulk_min = 8'192;

// From how many bytes on a send is made at once: for fewer a system call of their own costs more
// than that they become cold.
constexpr std::size_t direct_min = 4'096;

std::span<const std::byte> bytes_of(const received_bytes& received) noexcept {
    return {received.data(), received.size()};
}

/// Counts a handshake from its beginning to its end, whichever that is.
class counted_handshake {
public:
    explicit counted_handshake(counter_block& counts) noexcept : counts_(counts) {
        counts_.begin();
    }
    counted_handshake(const counted_handshake&) = delete;
    counted_handshake& operator=(const counted_handshake&) = delete;
    ~counted_handshake() {
        if (succeeded_)
            counts_.succeed(resumed_);
        else
            counts_.fail(error_);
    }

    void succeed(bool resumed) noexcept {
        succeeded_ = true;
        resumed_ = resumed;
    }
    void fail(std::error_code error) noexcept { error_ = error; }

private:
    counter_block& counts_;
    bool succeeded_ = false;
    bool resumed_ = false;
    std::error_code error_;  // none where an exception has ended it
};

}  // namespace

layer::layer(stream lower, std::shared_ptr<client_state> context)
    : lower_(std::move(lower)), direct_(lower_), client_(std::move(context)),
      counts_(&client_->counts()), handshake_timeout_(client_->handshake_timeout()),
      close_timeout_(client_->close_timeout()) {
    engine_.emplace(client_->context(), engine::role::client);
}

layer::layer(stream lower, std::shared_ptr<server_state> context)
    : lower_(std::move(lower)), direct_(lower_), server_(std::move(context)),
      material_(server_->material()), counts_(&server_->counts()),
      handshake_timeout_(server_->handshake_timeout()), close_timeout_(server_->close_timeout()) {
    engine_.emplace(material_->first_context(), engine::role::server);
}

layer::~layer() = default;

task<> layer::handshake(std::error_code& error) {
    using step = engine::step;
    counted_handshake counted(*counts_);
    step reached = engine_->handshake();
    for (;;) {
        const bool tickets_alone = reached == step::done && engine_->output_can_wait();
        if (engine_->has_output() && !tickets_alone)
            co_await flush(error);
        if (error || reached != step::needs_input)
            break;
        const received_bytes received = co_await lower_.recv_lent(error);
        if (error)
            break;
        if (received.empty())
            engine_->end_input();
        reached = engine_->handshake(bytes_of(received));
    }
    if (reached == step::done && client_ && !client_->has_offered(protocol_of(engine_->ssl()))) {
        engine_->fail(errc::no_application_protocol);
        reached = step::failed;
    }
    if (reached == step::failed)
        error = engine_->error();
    else if (reached == step::ended)
        error = errc::handshake_cut_off;
    if (error)
        counted.fail(error);
    else
        counted.succeed(SSL_session_reused(&engine_->ssl()) != 0);
    if (!error && direct_.possible())
        engine_->use(*this);
}

task<> layer::give_up(std::error_code error) {
    if (error.category() == category())
        co_await end_gently();
    co_await lower_.close();
    engine_.reset();
}

std::optional<session> layer::agreed() const {
    if (!engine_)
        return std::nullopt;
    return describe(engine_->ssl());
}

task<std::size_t> layer::recv(mutable_buffer buffer, std::error_code& error) {
    return receive_until(
        [this, buffer, &error](std::size_t& size, std::span<const std::byte> input) {
            const engine::step reached = engine_->read(buffer, size, input);
            if (reached == engine::step::failed)
                error = engine_->error();
            return reached;
        },
        error);
}

task<> layer::readable(std::error_code& error) {
    co_await receive_until(
        [this](std::size_t& /*size*/, std::span<const std::byte> input) {
            return engine_->peek(input);
        },
        error);
}

/// Receives until `attempt`, which is given what has come, needs no more of it. Yields the size
/// that the attempt has stored.
template <class Attempt>
task<std::size_t> layer::receive_until(Attempt attempt, std::error_code& error) {
    using step = engine::step;
    std::size_t size = 0;
    step reached = attempt(size, {});
    while (reached == step::needs_input) {
        error = std::exchange(receive_error_, {});
        const bool flushed = error || !engine_->has_output() || flush_at_once();
        received_bytes received;
        if (!flushed) [[unlikely]]
            co_await receive_and_flush(received, error);
        else if (!error && bulk_)
            co_await poll(lower_.socket().native_handle(), POLLIN, error);
        else if (!error)
            received = co_await lower_.recv_lent(error);
        if (error)
            co_return 0;
        note(received, flushed && bulk_);
        reached = attempt(size, bytes_of(received));
    }
    if (reached == step::failed) {
        std::error_code told_by_next_send;
        co_await flush_in_time(told_by_next_send);
    }
    co_return size;
}

task<std::size_t> layer::send_all(std::span<const const_buffer> buffers, std::error_code& error) {
    return transmit(buffers, ringlet::detail::total_size(buffers), error);
}

task<std::size_t> layer::send(std::span<const const_buffer> buffers, std::error_code& error) {
    return transmit(buffers, std::min(ringlet::detail::total_size(buffers), engine::write_max),
                    error);
}

/// Encrypts and sends the first `wanted` bytes of `buffers`.
task<std::size_t> layer::transmit(std::span<const const_buffer> buffers, std::size_t wanted,
                                  std::error_code& error) {
    mutex::guard lock = sending_.try_lock();
    if (!lock.owns_lock()) {
        lock = co_await sending_.lock(error);
        if (error)
            co_return 0;
    }
    if (engine_->sending_ended()) {
        error = std::make_error_code(std::errc::broken_pipe);
        co_return 0;
    }
    std::size_t accepted = 0;
    while (!error && (accepted < wanted || engine_->has_output())) {
        // Now and then the others in the loop have their turn.
        sends_at_once_ = direct_.possible() && lower_.owner().core().may_complete_inline();
        // Where calls before were cancelled, what they have left goes first.
        if (engine_->output_size() < engine::write_max)
            accepted += engine_->write(buffers, accepted);
        error = engine_->error();
        if (error || send_at_once(error))
            continue;
        const std::string_view output = engine_->output();
        engine_->sent(co_await lower_.send_all(const_buffer(output), error));
    }
    co_return accepted;
}

task<> layer::end_sending(std::error_code& error) {
    engine_->end_sending();
    co_await flush(error);
    if (!error)
        error = engine_->error();
    if (!error)
        co_await lower_.end_sending(error);
}

task<> layer::close() {
    engine_->end_sending();
    co_await end_gently();
    direct_.forget();
    co_await lower_.close();
    engine_.reset();
}

task<> layer::abort() {
    direct_.forget();
    co_await lower_.abort();
    engine_.reset();
}

/// Sends what is left, and ends the sending side below. Then it drops what the peer still sends, up
/// to the peer's end, be that of TLS or of the stream below: a socket that is closed while there is
/// something to receive resets the connection, and the peer would lose what is on its way to it. A
/// TLS 1.3 server sends tickets of which nobody above knows.
task<> layer::end_gently() {
    std::error_code error;
    co_await flush_in_time(error);
    const cancel_scope limit(close_timeout_);
    if (!error)
        co_await lower_.end_sending(error);
    engine_->note_receivable(false);  // what is dropped is counted below
    engine::step reached = engine_->drop();
    for (std::size_t dropped = 0;
         !error && !receive_error_ && reached != engine::step::ended && dropped < dropped_max;) {
        const received_bytes received = co_await lower_.recv_lent(error);
        if (received.empty())
            break;
        dropped += received.size();
        reached = engine_->drop(bytes_of(received));
    }
}

/// Receives, and meanwhile sends the output, until the receive is over: a peer that does not read
/// keeps nobody from receiving.
task<> layer::receive_and_flush(received_bytes& received, std::error_code& error) {
    std::error_code told_by_next_send;
    co_await task_group::run([&](task_group& group) -> task<> {
        group.spawn(flush(told_by_next_send));
        received = co_await lower_.recv_lent(error);
        group.cancel();
    });
}

task<> layer::flush(std::error_code& error) {
    while (!error && engine_->has_output())
        co_await flush_some(error);
}

/// Sends as much of the output as the stream below takes at once, and waits until it takes some.
task<> layer::flush_some(std::error_code& error) {
    mutex::guard lock = sending_.try_lock();
    if (!lock.owns_lock()) {
        lock = co_await sending_.lock(error);
        if (error)
            co_return;
    }
    sends_at_once_ = direct_.possible();
    if (send_at_once(error))
        co_return;
    const std::string_view output = engine_->output();
    engine_->sent(co_await lower_.send(const_buffer(output), error));
}

/// Sends the output to a peer that goes on taking it.
task<> layer::flush_in_time(std::error_code& error) {
    while (!error && engine_->has_output()) {
        const cancel_scope limit(close_timeout_);
        co_await flush_some(error);
    }
}

/// Sends output by the shortcut, while nobody else sends. Whether it was sent: not in an error.
bool layer::flush_at_once() {
    const mutex::guard lock = sending_.try_lock();
    sends_at_once_ = lock.owns_lock() && direct_.possible();
    std::error_code told_by_next_send;
    return send_at_once(told_by_next_send) && !told_by_next_send;
}

/// Sends output by the shortcut, for whoever holds `sending_`, unless the ring's turn has come.
/// Whether the output has ended, or the sending with an error.
bool layer::send_at_once(std::error_code& error) noexcept {
    while (!send_error_ && engine_->has_output()) {
        const std::string_view output = engine_->output();
        const std::size_t count = send(const_buffer(output), false);
        if (count == 0)
            break;
        engine_->sent(count);
    }
    error = std::exchange(send_error_, {});
    return error || !engine_->has_output();
}

std::ptrdiff_t layer::receive(mutable_buffer into) noexcept {
    const std::ptrdiff_t count = direct_.receive(into);
    if (count >= 0)
        bulk_ = static_cast<std::size_t>(count) >= bulk_min;
    else if (count != direct_transfer::nothing_yet)
        receive_error_.assign(static_cast<int>(-count), std::system_category());
    return count;
}

std::size_t layer::send(const_buffer records, bool more) noexcept {
    const std::ptrdiff_t count = sends_at_once_ && !send_error_ && records.size() >= direct_min
                                     ? direct_.send(records, more)
                                     : direct_transfer::nothing_yet;
    if (count < 0 && count != direct_transfer::nothing_yet)
        send_error_.assign(static_cast<int>(-count), std::system_category());
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 0));
}

/// Notes what has come: bytes, or their end, or, where it was `polled`, that there is something.
void layer::note(const received_bytes& received, bool polled) noexcept {
    if (polled || (!received.empty() && received.size() == received.capacity()))
        engine_->note_receivable(true);
    else if (received.empty())
        engine_->end_input();
    bulk_ = polled || (direct_.possible() && received.size() >= bulk_min);
}

}  // namespace ringlet::tls::detail
