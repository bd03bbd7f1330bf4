#pragma once

#include "capture.hpp"
#include "endpoint.hpp"
#include "flow.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>

namespace ringlet::testing::detail {

/// A socket for a stream of bytes: TCP, or a Unix socket. It listens, or is one end of a
/// connection.
///
/// Segments of TCP are never lost; where a way is cut they come later. A socket that is closed with
/// bytes unread resets its connection, as Linux does.
class stream_endpoint final : public endpoint {
public:
    stream_endpoint(node& home, int domain) noexcept;

    int listen(int backlog) override;
    int shutdown(int how) override;
    int peer_address(sockaddr* stored, socklen_t* size) const override;
    outcome accept(operation& tried) override;
    outcome connect(operation& tried) override;
    outcome receive(operation& tried) override;
    outcome send(operation& tried) override;
    [[nodiscard]] int events() const noexcept override;
    void close() noexcept override;
    void vanish() noexcept override;
    void happen(unsigned what) override;
    [[nodiscard]] std::string describe() const override;

    /// Forgets the other end of the connection, and the clients that wait: the world ends.
    void let_go() noexcept;

    [[nodiscard]] bool listens() const noexcept override { return state_ == state::listening; }

    /// Makes two ends of a connection within a host, as socketpair(2) does.
    static void join(const std::shared_ptr<stream_endpoint>& one,
                     const std::shared_ptr<stream_endpoint>& other);

private:
    enum class state { fresh, connecting, connected, listening, ended };

    /// What happens to an endpoint.
    enum event : unsigned {
        segment_arrives,
        room_arrives,     // the peer has received bytes
        request_is_due,   // once more, since nothing has come of the last one
        request_arrives,  // of this client, at the listener
        answer_arrives,   // of the listener, at this client
        client_arrives,   // at the listener: the handshake is over
        refusal_arrives,
        connect_gives_up,
    };

    [[nodiscard]] int take_error() noexcept override;
    void option_changed(int level, int name) override;

    outcome begin_connect(const socket_name& to);
    void reach_listener();
    [[nodiscard]] stream_endpoint* find_listener(node& at) const;
    void make_peer(stream_endpoint& listener);
    void try_again_later();
    void request_arrived();
    void answer_arrived();
    void client_arrived();
    void refused(int error);

    void transmit(flow::segment_kind kind, std::size_t size);
    void capture_segment(unsigned flags, std::span<const std::byte> payload = {});
    void segment_arrived();
    void send_again();
    void data_arrived();
    void broken(int error);
    void reset_peer();
    void end_sending();
    void stop_listening() noexcept;
    void abort() noexcept;
    void part() noexcept;
    [[nodiscard]] bool has_room() const noexcept;
    [[nodiscard]] std::size_t window_of(const flow& there) const noexcept;
    [[nodiscard]] std::size_t room() const noexcept;
    void give_room();
    outcome received(operation& tried, std::size_t count);

    state state_ = state::fresh;
    socket_name remote_;
    std::shared_ptr<stream_endpoint> peer_;  // until both ends are closed
    flow in_;
    capture::position position_;
    int error_ = 0;
    bool broken_ = false;  // by a reset
    bool closed_ = false;
    bool sending_ended_ = false;    // here
    bool end_arrived_ = false;      // of the peer
    bool receiving_ended_ = false;  // here

    // A listener.
    std::size_t backlog_ = 0;
    bool door_closed_ = false;
    std::deque<std::shared_ptr<stream_endpoint>> clients_;

    // An end that a listener has made, or a client that connects.
    std::weak_ptr<stream_endpoint> listener_;
    unsigned attempts_ = 0;
};

}  // namespace ringlet::testing::detail
