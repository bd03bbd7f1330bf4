#include <ringlet/base/detail/check.hpp>
#include <ringlet/server/detail/peer_limit.hpp>

#include <algorithm>
#include <climits>
#include <map>
#include <mutex>
#include <stdexcept>

namespace ringlet::detail {

namespace {

constexpr unsigned v6_bits = 128;
constexpr std::array<std::uint8_t, 12> v4_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

/// The connections of each connected peer.
struct peer_limit::table {
    std::mutex mutex;
    std::map<host, std::size_t> counts;
};

peer_limit::peer_limit(std::size_t connections_max, unsigned v6_prefix_length)
    : connections_max_(connections_max), v6_prefix_length_(v6_prefix_length),
      table_(std::make_unique<table>()) {
    if (v6_prefix_length > v6_bits)
        throw std::invalid_argument("peer_limit: v6_prefix_length must be 0 to 128");
}

peer_limit::~peer_limit() {
    check(table_->counts.empty(),
          "a peer_limit was destroyed while a connection had a permit of it; end "
          "the connections first");
}

peer_limit::permit peer_limit::try_acquire(const address& peer) {
    permit granted;
    granted.permitted_ = true;
    const std::optional<host> peer_host = host_of(peer);
    if (connections_max_ == 0 || !peer_host)
        return granted;
    const std::lock_guard lock(table_->mutex);
    const auto entry = table_->counts.try_emplace(*peer_host, 0).first;
    if (entry->second == connections_max_)
        return {};
    ++entry->second;
    granted.limit_ = this;
    granted.peer_ = &entry->first;
    return granted;
}

std::size_t peer_limit::count(const address& peer) const {
    const std::optional<host> peer_host = host_of(peer);
    const std::lock_guard lock(table_->mutex);
    const auto& counts = table_->counts;
    const auto entry = peer_host ? counts.find(*peer_host) : counts.end();
    return entry == counts.end() ? 0 : entry->second;
}

std::optional<peer_limit::host> peer_limit::host_of(const address& peer) const noexcept {
    host peer_host{};
    if (peer.family() == AF_INET) {
        const in_addr& v4 = reinterpret_cast<const sockaddr_in*>(peer.data())->sin_addr;
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&v4);
        std::copy_n(bytes, sizeof(v4), std::ranges::copy(v4_mapped, peer_host.begin()).out);
        return peer_host;
    }
    if (peer.family() != AF_INET6)
        return std::nullopt;
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(peer.data())->sin6_addr;
    std::ranges::copy(v6.s6_addr, peer_host.begin());
    if (IN6_IS_ADDR_V4MAPPED(&v6))
        return peer_host;
    for (unsigned bit = v6_prefix_length_; bit < v6_bits; ++bit)
        peer_host[bit / CHAR_BIT] &= static_cast<std::uint8_t>(~(0x80U >> bit % CHAR_BIT));
    return peer_host;
}

void peer_limit::give_back(const host& peer) noexcept {
    const std::lock_guard lock(table_->mutex);
    const auto entry = table_->counts.find(peer);
    if (--entry->second == 0)
        table_->counts.erase(entry);
}

}  // namespace ringlet::detail
