#include "ring/conformance.hpp"
#include "testing/detail/node.hpp"
#include "testing/detail/simulated_ring.hpp"
#include "testing/detail/stream_endpoint.hpp"
#include "testing/detail/world.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

// The simulated ring is one of those under test: see ring/conformance.hpp.
namespace tests::testing_rings_under_test {

namespace {

using ringlet::testing::detail::node;
using ringlet::testing::detail::simulated_ring;
using ringlet::testing::detail::stream_endpoint;
using ringlet::testing::detail::world;

/// A simulated world of one host, without faults, for the rings of one test. Whatever would end a
/// simulation with a sentence, such as an operation that is not simulated, only has its result.
class world_of_one_host {
public:
    world_of_one_host()
        : world_({.faults = ringlet::testing::fault_options::none()}),
          home_(world_.add_node("host")) {
        constexpr std::uint64_t no_limit = std::uint64_t{1} << 60U;
        world_.begin_end(no_limit);
    }

    [[nodiscard]] node& home() noexcept { return home_; }
    [[nodiscard]] std::unique_ptr<simulated_ring> make_ring(const ringlet::ring_options& options) {
        return std::make_unique<simulated_ring>(world_, home_, options);
    }

private:
    world world_;
    node& home_;
};

class world_before_sockets {
protected:
    world_of_one_host world_;
};

/// Sockets of a simulated host, where a second ring makes the calls.
class simulated_sockets final : private world_before_sockets, public sockets {
public:
    simulated_sockets() : sockets(world_.home()), peer_(world_.make_ring({})) {}

    [[nodiscard]] std::unique_ptr<ringlet::ring> make_ring(const ringlet::ring_options& options) {
        return world_.make_ring(options);
    }

    connected_pair unix_pair(int type) override {
        return type == SOCK_DGRAM ? unix_datagram_pair() : unix_stream_pair();
    }

    int accept(const ringlet::socket& listener) override {
        return result_of_call([&](io_uring_sqe* sqe) {
            io_uring_prep_accept(sqe, listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
        });
    }
    int connect(const ringlet::socket& client, const ringlet::address& to) override {
        return result_of_call([&](io_uring_sqe* sqe) {
            io_uring_prep_connect(sqe, client.native_handle(), to.data(), to.size());
        });
    }
    int recv(int fd, std::span<char> into, int flags) override {
        return result_of_call([&](io_uring_sqe* sqe) {
            io_uring_prep_recv(sqe, fd, into.data(), into.size(), flags);
        });
    }
    int send(int fd, std::string_view bytes, int flags) override {
        const int all = (flags & MSG_DONTWAIT) == 0 ? MSG_WAITALL : 0;
        return result_of_call([&](io_uring_sqe* sqe) {
            io_uring_prep_send(sqe, fd, bytes.data(), bytes.size(), flags | all);
        });
    }

    void forbid_descriptors(bool forbidden) override {
        world_.home().set_descriptor_limit(forbidden ? 0 : node::descriptors_max);
    }

private:
    connected_pair unix_stream_pair() {
        const auto one = std::make_shared<stream_endpoint>(world_.home(), AF_UNIX);
        const auto other = std::make_shared<stream_endpoint>(world_.home(), AF_UNIX);
        stream_endpoint::join(one, other);
        ringlet::socket first = own(world_.home().allocate(one), "socketpair");
        return {std::move(first), own(world_.home().allocate(other), "socketpair")};
    }

    connected_pair unix_datagram_pair() {
        connected_pair pair{named_unix_socket(SOCK_DGRAM), named_unix_socket(SOCK_DGRAM)};
        check(connect(pair.one, pair.other.local_address()), "connect");
        check(connect(pair.other, pair.one.local_address()), "connect");
        return pair;
    }

    /// What is under way arrives before the call and after it, as it would at once in the system.
    template <class Prepare>
    int result_of_call(const Prepare& prepare) {
        let_arrive();
        const int result = result_of(*peer_, prepare);
        let_arrive();
        return result;
    }

    void let_arrive() {
        constexpr std::chrono::microseconds there_and_back{100};
        const auto arrived = peer_->now() + there_and_back;
        while (peer_->now() < arrived)
            peer_->enter(0, 1, arrived);
    }

    std::unique_ptr<ringlet::ring> peer_;
};

made_ring make_simulated(const ringlet::ring_options& options) {
    auto net = std::make_unique<simulated_sockets>();
    auto ring = net->make_ring(options);
    return {std::move(net), std::move(ring)};
}

[[maybe_unused]] const bool added = [] {
    rings_beside_the_floors().push_back(
        {"simulated",
         &make_simulated,
         {.limit_counts_at_accept = true, .cancels_by_number = true},
         {.system_descriptors = false,
          .provided_buffers = false,
          .timeouts = false,
          .sequenced_packets = false}});
    return true;
}();

}  // namespace

}  // namespace tests::testing_rings_under_test
