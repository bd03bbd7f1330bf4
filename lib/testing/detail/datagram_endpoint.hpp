#pragma once

#include "endpoint.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace ringlet::testing::detail {

/// A socket for datagrams: UDP, or a Unix socket. Those of UDP may be lost, come twice or late, and
/// are dropped where the receiver's buffer is full; those of Unix sockets wait for room instead.
class datagram_endpoint final : public endpoint {
public:
    datagram_endpoint(node& home, int domain) noexcept : endpoint(home, domain, SOCK_DGRAM) {}

    int shutdown(int how) override;
    int peer_address(sockaddr* stored, socklen_t* size) const override;
    outcome connect(operation& tried) override;
    outcome receive(operation& tried) override;
    outcome send(operation& tried) override;
    [[nodiscard]] int events() const noexcept override;
    void close() noexcept override;
    void vanish() noexcept override { close(); }
    void happen(unsigned what) override;
    [[nodiscard]] std::string describe() const override;

private:
    class in_flight;

    /// What happens to an endpoint.
    enum event : unsigned {
        refusal_arrives,  // of what was sent
        room_arrives,     // at a receiver that had none
    };

    struct datagram {
        std::vector<std::byte> bytes;
        socket_name from;
        socket_name to;
    };

    /// What the control data of a message asks for.
    struct request {
        std::size_t segment = 0;  // bytes of each datagram; 0 for one datagram
        socket_name from;         // of family AF_UNSPEC where it asks for none
    };

    [[nodiscard]] int take_error() noexcept override;
    [[nodiscard]] static request read_control(msghdr& message);
    outcome send_unix(operation& tried, const socket_name& to);
    [[nodiscard]] int find_unix_receiver(const socket_name& to, datagram_endpoint*& found) const;
    outcome send_udp(operation& tried, const socket_name& to);
    void dispatch(datagram sent);
    void arrive(datagram arrived);
    void refused() noexcept;
    void wake_senders();
    void store_control(operation& tried, const datagram& oldest) const;
    [[nodiscard]] static datagram_endpoint* find_receiver(node& at, const socket_name& to,
                                                          const socket_name& from);
    std::deque<datagram> queue_;
    std::size_t queued_bytes_ = 0;
    socket_name peer_;
    bool connected_ = false;
    bool closed_ = false;
    int error_ = 0;
    std::vector<std::weak_ptr<endpoint>> waiting_for_room_;
};

}  // namespace ringlet::testing::detail
