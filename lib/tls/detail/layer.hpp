#pragma once

#include "counter_block.hpp"
#include "engine.hpp"

#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/detail/direct_transfer.hpp>
#include <ringlet/net/received_bytes.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/stream_layer.hpp>
#include <ringlet/tls/session.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

namespace ringlet::tls::detail {

class client_state;
class server_material;
class server_state;

/// TLS on a stream below, which it owns: what a stream stands on whose bytes are to be secret.
///
/// A receive and a send may be under way together. A receive that has an answer to send, such as an
/// alert, sends it while it goes on receiving, unless the send is at it. Whoever was cancelled
/// leaves the rest of its records, whole and in order, to the next to send.
class layer final : public stream_layer, private engine::shortcut {
public:
    /// A client's end on `lower`; `context` makes its engine. Throws std::system_error.
    layer(stream lower, std::shared_ptr<client_state> context);

    /// A server's end on `lower`. Throws std::system_error.
    layer(stream lower, std::shared_ptr<server_state> context);

    ~layer() override;

    /// What makes the two ends agree. It is done before all else, and counted; where it has failed,
    /// the peer has been told why.
    [[nodiscard]] task<> handshake(std::error_code& error);

    /// Ends the connection after a handshake that failed, so that the peer can still read why.
    [[nodiscard]] task<> give_up(std::error_code error);

    /// What was agreed; nothing once the layer is closed.
    [[nodiscard]] std::optional<session> agreed() const;

    /// What encrypts and decrypts, to be set up before the handshake. Not once the layer is closed.
    [[nodiscard]] engine& machine() noexcept { return *engine_; }
    [[nodiscard]] std::chrono::milliseconds handshake_timeout() const noexcept {
        return handshake_timeout_;
    }

    task<std::size_t> recv(mutable_buffer buffer, std::error_code& error) override;
    task<> readable(std::error_code& error) override;
    task<std::size_t> send_all(std::span<const const_buffer> buffers,
                               std::error_code& error) override;
    task<std::size_t> send(std::span<const const_buffer> buffers, std::error_code& error) override;
    task<> end_sending(std::error_code& error) override;
    task<> close() override;
    task<> abort() override;
    stream* below() noexcept override { return &lower_; }

private:
    std::ptrdiff_t receive(mutable_buffer into) noexcept override;
    std::size_t send(const_buffer records, bool more) noexcept override;

    template <class Attempt>
    task<std::size_t> receive_until(Attempt attempt, std::error_code& error);
    void note(const received_bytes& received, bool polled) noexcept;
    task<std::size_t> transmit(std::span<const const_buffer> buffers, std::size_t wanted,
                               std::error_code& error);
    task<> receive_and_flush(received_bytes& received, std::error_code& error);
    task<> flush(std::error_code& error);
    bool flush_at_once();
    bool send_at_once(std::error_code& error) noexcept;
    task<> flush_some(std::error_code& error);
    task<> flush_in_time(std::error_code& error);
    task<> end_gently();

    stream lower_;
    ringlet::detail::direct_transfer direct_;  // on that
    std::shared_ptr<client_state> client_;     // these outlive the engine, whose callbacks use them
    std::shared_ptr<server_state> server_;
    std::shared_ptr<const server_material> material_;
    counter_block* counts_;
    std::chrono::milliseconds handshake_timeout_;
    std::chrono::milliseconds close_timeout_;
    std::optional<engine> engine_;
    mutex sending_;                  // held while output is being sent
    bool sends_at_once_ = false;     // whether whoever holds that may use the shortcut
    bool bulk_ = false;              // whether much came last, so that much is to be expected
    std::error_code receive_error_;  // of the shortcut, not told yet
    std::error_code send_error_;
};

}  // namespace ringlet::tls::detail
