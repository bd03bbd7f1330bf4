#include "tls/detail/state_lock.hpp"

#include "catch.hpp"
#include "forked_child.hpp"

#include <atomic>
#include <chrono>
#include <thread>

namespace tests::tls_state_lock {

using ringlet::tls::detail::state_lock;
using namespace std::chrono_literals;

TEST_CASE("no child begins with a lock that a thread of its parent holds", "[tls]") {
    std::atomic<bool> stop{false};
    std::atomic<int> held{0};
    std::thread other([&] {
        while (!stop) {
            {
                const state_lock locked;
                const auto end = std::chrono::steady_clock::now() + 1ms;
                while (std::chrono::steady_clock::now() < end)
                    ++held;
            }
            std::this_thread::yield();
        }
    });
    for (int i = 0; i < 20; ++i) {
        const int before = held;
        while (held == before) {
        }
        CHECK(run_in_child([] {
                  const state_lock locked;
                  return 7;
              }).exited_with(7));
    }
    stop = true;
    other.join();
}

}  // namespace tests::tls_state_lock
