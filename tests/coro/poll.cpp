#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/poll.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <system_error>

namespace tests::coro_poll {

using ringlet::poll;
using ringlet::task;

namespace {

using namespace std::chrono_literals;

/// An eventfd(2), which is readable while its count is not 0.
class event_counter {
public:
    event_counter() = default;
    event_counter(const event_counter&) = delete;
    event_counter& operator=(const event_counter&) = delete;
    ~event_counter() { ::close(fd_); }

    [[nodiscard]] int fd() const noexcept { return fd_; }

    void add(std::uint64_t count) const {
        REQUIRE(::write(fd_, &count, sizeof(count)) == sizeof(count));
    }

    [[nodiscard]] std::uint64_t read() const {
        std::uint64_t count = 0;
        REQUIRE(::read(fd_, &count, sizeof(count)) == sizeof(count));
        return count;
    }

private:
    int fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

}  // namespace

TEST_CASE("a descriptor of any kind is waited for, while others go on", "[coro]") {
    const event_counter counter;
    std::uint64_t count = 0;
    run_coroutine([&]() -> task<> {
        const auto reader = [&]() -> task<> {
            const short ready = co_await poll(counter.fd(), POLLIN);
            CHECK(ready == POLLIN);
            count = counter.read();
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(reader());
        for (int turns = 0; turns < 3; ++turns)
            co_await ringlet::yield();
        CHECK(count == 0);
        counter.add(5);
        co_await group.join();
    });
    CHECK(count == 5);
}

TEST_CASE("poll yields the events that are there, and what comes unasked", "[coro]") {
    connected_pair pair = unix_pair();
    run_coroutine([&]() -> task<> {
        const short writable = co_await poll(pair.fd(), POLLIN | POLLOUT);
        CHECK(writable == POLLOUT);
        pair.other = ringlet::socket();
        const short ended = co_await poll(pair.fd(), POLLIN);
        CHECK((ended & POLLHUP) != 0);
    });
}

TEST_CASE("poll throws what is wrong, or stores it and yields nothing", "[coro]") {
    const event_counter silent;
    run_coroutine([&]() -> task<> {
        std::error_code error;
        const short none = co_await poll(-1, POLLIN, error);
        CHECK(error == std::errc::bad_file_descriptor);
        CHECK(none == 0);
        std::string text;
        try {
            co_await poll(-1, POLLIN);
        } catch (const std::system_error& thrown) {
            text = thrown.what();
        }
        CHECK(text == "poll: Bad file descriptor");

        const ringlet::cancel_scope limit(1ms);
        const short cancelled = co_await poll(silent.fd(), POLLIN, error);
        CHECK(error == std::errc::timed_out);
        CHECK(cancelled == 0);
    });
}

TEST_CASE("poll names itself where no loop runs", "[coro]") {
    CHECK_THROWS_WITH(poll(0, POLLIN), "poll: no loop runs in this thread");
}

}  // namespace tests::coro_poll
