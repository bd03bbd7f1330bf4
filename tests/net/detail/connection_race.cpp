// What `connect` does about several addresses, in virtual time, where every moment is exact. The
// sockets are real, but connecting them is up to the test.

#include "cancellable.hpp"
#include "catch.hpp"
#include "descriptors.hpp"
#include "ipv6_loopback.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/net/connect.hpp>

#include <cerrno>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests::net_connection_race {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::connect;
using ringlet::stream;
using ringlet::task;

namespace {

using std::chrono::milliseconds;

/// A network in which it is told what happens to each attempt to connect to a port.
class scripted_connects {
public:
    /// Ends with `result`, after `delay`.
    void end(int port, int result, milliseconds delay = 0ms) { scripts_[port] = {result, delay}; }

    /// Runs the coroutine that `body()` makes in this network; no descriptor is left open.
    template <class Body>
    void run(Body body) {
        const std::size_t open_before = open_descriptors();
        {
            auto ring = std::make_unique<virtual_time_ring>(
                [this](const io_uring_sqe& sqe) { return answer(sqe); });
            ring_ = ring.get();
            ringlet::loop owner(std::move(ring));
            ringlet::block_on(owner, body());
        }
        CHECK(open_descriptors() == open_before);
    }

    /// When each attempt began: `port@milliseconds`, one after the other.
    [[nodiscard]] const std::string& attempts() const noexcept { return attempts_; }

    [[nodiscard]] milliseconds now() const {
        return std::chrono::duration_cast<milliseconds>(ring_->now().time_since_epoch());
    }

private:
    struct script {
        int result;
        milliseconds delay;
    };

    int answer(const io_uring_sqe& sqe) {
        const auto* const native =
            reinterpret_cast<const sockaddr*>(static_cast<std::uintptr_t>(sqe.addr));
        const int port = address::from(native, static_cast<socklen_t>(sqe.off)).port();
        attempts_ += (attempts_.empty() ? "" : " ") + std::to_string(port) + "@" +
                     std::to_string(now().count());
        if (const auto told = scripts_.find(port); told != scripts_.end())
            ring_->end_after(told->second.delay, sqe.user_data, told->second.result);
        return virtual_time_ring::pending;
    }

    std::map<int, script> scripts_;
    std::string attempts_;
    virtual_time_ring* ring_ = nullptr;
};

/// 127.0.0.1 with these ports.
template <class... Ports>
std::vector<address> peers(Ports... ports) {
    std::vector<address> made;
    (made.emplace_back("127.0.0.1", ports), ...);
    return made;
}

/// What `connecting` fails with.
task<std::system_error> failure_of(task<stream> connecting) {
    try {
        const stream made = co_await std::move(connecting);
    } catch (const std::system_error& error) {
        co_return error;
    }
    throw std::runtime_error("it did not fail");
}

}  // namespace

TEST_CASE("the first address that answers is enough", "[net]") {
    scripted_connects network;
    network.end(1, 0, 200ms);
    network.run([&]() -> task<> {
        const stream made = co_await connect(peers(1, 2));
        CHECK(made.is_open());
        CHECK(network.now() == 200ms);
        CHECK(network.attempts() == "1@0");
    });
}

TEST_CASE("an address that is slow gets company, one that fails a successor at once", "[net]") {
    scripted_connects network;
    network.end(2, -ECONNREFUSED, 10ms);
    network.end(3, -ENETUNREACH);
    network.end(5, 0, 40ms);
    network.run([&]() -> task<> {
        const stream made = co_await connect(peers(1, 2, 3, 4, 5, 6));
        CHECK(made.is_open());
        CHECK(network.attempts() == "1@0 2@250 3@260 4@260 5@510");
        CHECK(network.now() == 550ms);
    });
}

TEST_CASE("an early attempt wins although later ones have begun", "[net]") {
    scripted_connects network;
    network.end(1, 0, 600ms);
    network.run([&]() -> task<> {
        const stream made = co_await connect(peers(1, 2, 3, 4));
        CHECK(made.is_open());
        CHECK(network.attempts() == "1@0 2@250 3@500");
        CHECK(network.now() == 600ms);
    });
}

TEST_CASE("the families of the addresses take turns", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    scripted_connects network;
    network.end(4, 0);
    network.run([&]() -> task<> {
        std::vector<address> all = peers(1, 2);
        all.emplace_back("::1", 3);
        all.emplace_back("::1", 4);
        const stream made = co_await connect(all);
        CHECK(network.attempts() == "1@0 3@250 2@500 4@750");
    });
}

TEST_CASE("of two attempts that succeed at the same time one is kept, the other closed", "[net]") {
    scripted_connects network;
    network.end(1, 0, 300ms);
    network.end(2, 0, 50ms);
    network.run([&]() -> task<> {
        const stream made = co_await connect(peers(1, 2));
        CHECK(made.is_open());
        CHECK(network.now() == 300ms);
    });
}

TEST_CASE("when the last has failed, those before it are still waited for", "[net]") {
    scripted_connects network;
    network.end(1, 0, 5s);
    network.end(2, -ECONNREFUSED);
    network.run([&]() -> task<> {
        const stream made = co_await connect(peers(1, 2));
        CHECK(made.is_open());
        CHECK(network.now() == 5s);
    });
}

TEST_CASE("where all fail, the first error is thrown, and the text has all of them", "[net]") {
    scripted_connects network;
    network.end(1, -ECONNREFUSED, 300ms);
    network.end(2, -ENETUNREACH);
    network.run([&]() -> task<> {
        const std::system_error several = co_await failure_of(connect(peers(1, 2)));
        CHECK(several.code() == std::errc::connection_refused);
        CHECK(std::string(several.what()) ==
              "cannot connect to any address (127.0.0.1:1: Connection refused; "
              "127.0.0.1:2: Network is unreachable): Connection refused");
        const std::system_error one = co_await failure_of(connect(peers(2)));
        CHECK(std::string(one.what()) == "cannot connect to 127.0.0.1:2: Network is unreachable");
        std::error_code error;
        const stream none = co_await connect(peers(1, 2), {}, error);
        CHECK_FALSE(none.is_open());
        CHECK(error == std::errc::connection_refused);
    });
}

TEST_CASE("all attempts together have their timeout", "[net]") {
    scripted_connects network;
    network.end(2, -ECONNREFUSED);
    network.run([&]() -> task<> {
        const std::system_error error =
            co_await failure_of(connect(peers(1, 2, 3, 4), {.timeout = 400ms}));
        CHECK(network.now() == 400ms);
        CHECK(network.attempts() == "1@0 2@250 3@250");
        CHECK(error.code() == std::errc::timed_out);
        const std::string late = "timed out by a deadline of this program";
        CHECK(std::string(error.what()) == "cannot connect to any address (127.0.0.1:1: " + late +
                                               "; 127.0.0.1:2: "
                                               "Connection refused; 127.0.0.1:3: " +
                                               late + "): " + late);
    });
    network.run([&]() -> task<> {
        std::error_code error;
        const stream none = co_await connect(peers(2, 1), {.timeout = 400ms}, error);
        CHECK(error == std::errc::timed_out);  // though the first one failed before
    });
    scripted_connects silent;
    silent.run([&]() -> task<> {
        std::error_code error;
        const stream none = co_await connect(peers(1), {}, error);
        CHECK(error == std::errc::timed_out);
        CHECK(silent.now() == 30s);
    });
}

TEST_CASE("the delay between attempts stays within reason", "[net]") {
    const auto [asked, taken] = GENERATE(std::pair(0ms, 100ms), std::pair(100ms, 100ms),
                                         std::pair(1500ms, 1500ms), std::pair(10'000ms, 2000ms));
    scripted_connects network;
    network.end(2, 0);
    network.run([&, delay = asked, expected = taken]() -> task<> {
        const stream made = co_await connect(peers(1, 2), {.attempt_delay = delay});
        CHECK(network.now() == expected);
    });
}

TEST_CASE("cancelling the race cancels every attempt, and begins no more", "[net]") {
    scripted_connects network;
    network.run([&]() -> task<> {
        std::error_code error;
        const auto race = [&]() -> task<> {
            const stream none = co_await connect(peers(1, 2, 3), {}, error);
            CHECK_FALSE(none.is_open());
        };
        {
            const ringlet::cancel_scope limit(300ms);
            co_await race();
            CHECK(error == std::errc::timed_out);
            CHECK(network.attempts() == "1@0 2@250");
            CHECK(network.now() == 300ms);
        }
        ringlet::cancel_scope* scope = nullptr;
        ringlet::detail::joinable_task_group group;
        group.spawn(cancellable(scope, race()));
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(network.now() == 300ms);
        ringlet::cancel_scope cancelled;
        cancelled.cancel();
        co_await race();
        CHECK(error == std::errc::operation_canceled);
        CHECK(network.attempts() == "1@0 2@250 1@300");
    });
}

TEST_CASE("an attempt that succeeds as the race is cancelled is kept", "[net]") {
    scripted_connects network;
    network.end(1, 0, 400ms);
    network.run([&]() -> task<> {
        const stream made = co_await connect(peers(1, 2), {.timeout = 400ms});
        CHECK(made.is_open());
    });
}

TEST_CASE("connecting to none of no addresses is refused", "[net]") {
    scripted_connects network;
    network.run([&]() -> task<> {
        bool refused = false;
        try {
            const stream none = co_await connect(peers());
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    });
}

}  // namespace tests::net_connection_race
