#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/server/detail/peer_limit.hpp>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tests::server_peer_limit {

using ringlet::address;
using ringlet::detail::peer_limit;
using permit = ringlet::detail::peer_limit::permit;

TEST_CASE("a peer has its maximum of permits, whatever its ports, and others have theirs",
          "[server]") {
    peer_limit limit(2);
    const permit first = limit.try_acquire(address("192.0.2.1", 1000));
    std::optional<permit> second(limit.try_acquire(address("192.0.2.1", 2000)));
    CHECK(first);
    CHECK(*second);
    CHECK_FALSE(limit.try_acquire(address("192.0.2.1", 3000)));
    CHECK(limit.count(address("192.0.2.1", 0)) == 2);

    const permit other = limit.try_acquire(address("192.0.2.2", 1000));
    CHECK(other);
    second.reset();
    CHECK(limit.count(address("192.0.2.1", 0)) == 1);
    CHECK(limit.try_acquire(address("192.0.2.1", 3000)));  // and leaves at once
    CHECK(limit.count(address("192.0.2.1", 0)) == 1);
    CHECK(limit.count(address("192.0.2.2", 0)) == 1);
    CHECK(limit.count(address("192.0.2.3", 0)) == 0);
}

TEST_CASE("IPv6 peers are counted by their network", "[server]") {
    peer_limit limit(1);
    const permit first = limit.try_acquire(address("2001:db8:0:1::1", 1000));
    CHECK(first);
    CHECK_FALSE(limit.try_acquire(address("2001:db8:0:1:ffff::2", 1000)));
    CHECK(limit.try_acquire(address("2001:db8:0:2::1", 1000)));

    const unsigned length = GENERATE(0U, 1U, 61U, 63U, 64U, 65U, 128U);
    INFO("a prefix of " << length << " bits");
    peer_limit prefixes(1, length);
    const permit given = prefixes.try_acquire(address("::", 1000));
    CHECK(given);
    CHECK(bool(prefixes.try_acquire(address("8000::", 1000))) == (length >= 1));
    CHECK(bool(prefixes.try_acquire(address("0:0:0:4::", 1000))) == (length >= 62));
    CHECK(bool(prefixes.try_acquire(address("0:0:0:1::", 1000))) == (length >= 64));
    CHECK(bool(prefixes.try_acquire(address("0:0:0:0:8000::", 1000))) == (length >= 65));
    CHECK(bool(prefixes.try_acquire(address("::1", 1000))) == (length >= 128));
}

TEST_CASE("an IPv4 host is the same over an IPv6 socket, and not its network", "[server]") {
    peer_limit limit(1);
    const permit first = limit.try_acquire(address("192.0.2.1", 1000));
    CHECK(first);
    CHECK_FALSE(limit.try_acquire(address("::ffff:192.0.2.1", 1000)));
    CHECK(limit.count(address("::ffff:192.0.2.1", 0)) == 1);
    const permit second = limit.try_acquire(address("::ffff:192.0.2.2", 1000));
    CHECK(second);
    CHECK(limit.try_acquire(address("::1", 1000)));
}

TEST_CASE("peers without a host are never refused", "[server]") {
    peer_limit limit(1);
    for (const address& peer :
         {address(), address::unix_path("/run/client.sock"), address::unix_path("@client")}) {
        const permit first = limit.try_acquire(peer);
        const permit second = limit.try_acquire(peer);
        CHECK(first);
        CHECK(second);
        CHECK(limit.count(peer) == 0);
    }
}

TEST_CASE("without a maximum nobody is refused or counted", "[server]") {
    peer_limit limit(0);
    const address peer("192.0.2.1", 1000);
    std::vector<permit> permits;
    for (int i = 0; i < 100; ++i)
        permits.push_back(limit.try_acquire(peer));
    for (const permit& each : permits)
        CHECK(each);
    CHECK(limit.count(peer) == 0);
}

TEST_CASE("a permit moves, and is given back once", "[server]") {
    peer_limit limit(2);
    const address peer("192.0.2.1", 1000);
    permit first = limit.try_acquire(peer);
    permit moved(std::move(first));
    CHECK_FALSE(first);  // NOLINT: a permit that was moved from is none
    CHECK(moved);
    CHECK(limit.count(peer) == 1);
    permit second = limit.try_acquire(peer);
    CHECK(limit.count(peer) == 2);
    moved = std::move(second);
    CHECK(limit.count(peer) == 1);
    moved = permit();
    CHECK(limit.count(peer) == 0);
    CHECK_FALSE(permit());
}

TEST_CASE("permits are taken and given back by several threads", "[server]") {
    constexpr std::size_t most = 3;
    constexpr int threads = 4;
    peer_limit limit(most);
    std::array<std::atomic<std::size_t>, 5> inside{};
    std::atomic<bool> too_many = false;
    std::mutex mutex;
    std::vector<std::pair<permit, std::size_t>> handed_over;  // to whatever thread takes one
    const auto work = [&](unsigned seed) {
        std::minstd_rand random(seed);
        for (int i = 0; i < 5'000; ++i) {
            const std::size_t peer = random() % inside.size();
            permit given = limit.try_acquire(
                address(std::string("192.0.2.").append(std::to_string(peer)), 1000));
            if (given && ++inside[peer] > most)
                too_many = true;
            std::pair<permit, std::size_t> left;
            const std::lock_guard lock(mutex);
            if (given)
                handed_over.emplace_back(std::move(given), peer);
            if (handed_over.size() > 10) {
                std::swap(handed_over[random() % handed_over.size()], handed_over.back());
                left = std::move(handed_over.back());
                handed_over.pop_back();
                --inside[left.second];
            }
        }
    };
    {
        std::vector<std::jthread> workers;
        for (unsigned i = 1; i <= threads; ++i)
            workers.emplace_back(work, i);
    }
    CHECK_FALSE(too_many);
    handed_over.clear();
    for (std::size_t peer = 0; peer < inside.size(); ++peer)
        CHECK(limit.count(address(std::string("192.0.2.").append(std::to_string(peer)), 0)) == 0);
}

TEST_CASE("a prefix that is too long is refused", "[server]") {
    CHECK_THROWS_WITH(peer_limit(1, 129), "peer_limit: v6_prefix_length must be 0 to 128");
}

TEST_CASE("a peer_limit that ends before a permit of it ends the program with a sentence",
          "[server]") {
    const child_end end = run_in_child([] {
        std::optional<peer_limit> limit(1);
        const permit left = limit->try_acquire(address("192.0.2.1", 1000));
        limit.reset();
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a peer_limit was destroyed while a connection had a permit of it"));
}

}  // namespace tests::server_peer_limit
