#pragma once

#include <chrono>
#include <string_view>

namespace ringlet::testing {

namespace detail {
class world;
}  // namespace detail

/// The network between the hosts of a simulation, for faults by hand. Hosts are named, and a name
/// that no host has throws std::invalid_argument.
///
/// Where a way is cut, datagrams are lost, and the bytes of connections come later, when it is
/// mended: TCP sends them again.
class simulated_network {
public:
    explicit simulated_network(detail::world& owner) noexcept : world_(owner) {}
    simulated_network(const simulated_network&) = delete;
    simulated_network& operator=(const simulated_network&) = delete;

    /// Cuts the way between two hosts for a while, in both directions.
    void cut(std::string_view one, std::string_view other, std::chrono::nanoseconds time);

    /// Cuts the way from one host to another for a while.
    void cut_one_way(std::string_view from, std::string_view to, std::chrono::nanoseconds time);

    /// Cuts the way between two hosts until `release`, in both directions.
    void hold(std::string_view one, std::string_view other);

    /// Mends the way between two hosts.
    void release(std::string_view one, std::string_view other);

    /// Sets how long a byte is on its way between two hosts.
    void set_latency(std::string_view one, std::string_view other, std::chrono::nanoseconds time);

private:
    detail::world& world_;
};

}  // namespace ringlet::testing
