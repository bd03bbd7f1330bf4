#include "layer.hpp"

#include "client_state.hpp"
#include "server_state.hpp"
#include "session_text.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/tls/errc.hpp>

#include <algorithm>
#include <utility>

namespace ringlet::tls::detail {

namespace {

// How much of what a peer goes on sending is dropped, so that it reads why it was refused.
constexpr std::size_t dropped_max = 65'536;

// How much is received at a time where that comes faster than it is read.
constexpr std::size_t ahead_max = 32'768;  // the largest block of a frame_pool

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
    : lower_(std::move(lower)), client_(std::move(context)), counts_(&client_->counts()),
      handshake_timeout_(client_->handshake_timeout()), close_timeout_(client_->close_timeout()) {
    engine_.emplace(client_->context(), engine::role::client);
}

layer::layer(stream lower, std::shared_ptr<server_state> context)
    : lower_(std::move(lower)), server_(std::move(context)), material_(server_->material()),
      counts_(&server_->counts()), handshake_timeout_(server_->handshake_timeout()),
      close_timeout_(server_->close_timeout()) {
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
    using step = engine::step;
    std::size_t size = 0;
    step reached = engine_->read(buffer, size);
    while (reached == step::needs_input) {
        received_bytes received;
        if (engine_->has_output()) [[unlikely]]
            co_await receive_and_flush(received, error);
        else if (filled_)
            co_await receive_ahead(error);
        else
            received = co_await lower_.recv_lent(error);
        if (error)
            co_return 0;
        if (received.empty() && !engine_->has_input())
            engine_->end_input();
        filled_ = filled_ || (!received.empty() && received.size() == received.capacity());
        reached = engine_->read(buffer, size, bytes_of(received));
    }
    if (reached == step::failed) {
        co_await flush_in_time();
        error = engine_->error();
    }
    co_return size;
}

task<> layer::readable(std::error_code& error) {
    using step = engine::step;
    step reached = engine_->peek();
    while (reached == step::needs_input) {
        received_bytes received;
        if (engine_->has_output())
            co_await receive_and_flush(received, error);
        else
            received = co_await lower_.recv_lent(error);
        if (error)
            co_return;
        if (received.empty())
            engine_->end_input();
        reached = engine_->peek(bytes_of(received));
    }
    if (reached == step::failed)
        co_await flush_in_time();
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
    while (accepted < wanted || engine_->has_output()) {
        // Where calls before were cancelled, what they have left goes first.
        if (engine_->output_size() < engine::write_max)
            accepted += engine_->write(buffers, accepted);
        if (engine_->error()) {
            error = engine_->error();
            break;
        }
        const std::string_view output = engine_->output();
        engine_->sent(co_await lower_.send_all(const_buffer(output), error));
        if (error)
            break;
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
    co_await lower_.close();
    engine_.reset();
}

task<> layer::abort() {
    co_await lower_.abort();
    engine_.reset();
}

/// Receives much at a time, into memory of the engine. A peer that has sent less than that has
/// nothing more to come: the next receive waits without memory again.
task<> layer::receive_ahead(std::error_code& error) {
    const mutable_buffer room = engine_->prepare_input(ahead_max);
    const std::size_t size = co_await lower_.recv(room, error);
    engine_->commit_input(size);
    filled_ = size == room.size();
}

/// Sends what is left, and ends the sending side below. Then it drops what the peer still sends, up
/// to the peer's end, be that of TLS or of the stream below: a socket that is closed while there is
/// something to receive resets the connection, and the peer would lose what is on its way to it. A
/// TLS 1.3 server sends tickets of which nobody above knows.
task<> layer::end_gently() {
    const cancel_scope limit(close_timeout_);
    std::error_code error;
    co_await flush(error);
    if (!error)
        co_await lower_.end_sending(error);
    engine::step reached = engine_->drop();
    for (std::size_t dropped = 0;
         !error && reached != engine::step::ended && dropped < dropped_max;) {
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
    mutex::guard lock = sending_.try_lock();
    if (!lock.owns_lock()) {
        lock = co_await sending_.lock(error);
        if (error)
            co_return;
    }
    while (engine_->has_output()) {
        const std::string_view output = engine_->output();
        engine_->sent(co_await lower_.send_all(const_buffer(output), error));
        if (error)
            co_return;
    }
}

task<> layer::flush_in_time() {
    if (!engine_->has_output())
        co_return;
    const cancel_scope limit(close_timeout_);
    std::error_code ignored;
    co_await flush(ignored);
}

}  // namespace ringlet::tls::detail
