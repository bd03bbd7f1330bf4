// A server where io_uring is forbidden, or the kernel gives no more rings: it serves all the same.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "environment_variable.hpp"
#include "forked_child.hpp"
#include "seccomp_filter.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/ring/kernel_ring.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <grp.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tests::server_sandboxed {

using namespace std::chrono_literals;

namespace {

const std::string log_line =
    "ringlet: going on with epoll instead of io_uring level=warning error=";

/// An echo server in a child of its own, with RINGLET_RING as it is now. It ends once a client has
/// told it to stop.
class confined_server {
public:
    static constexpr int not_confined = 3;

    /// The child calls `confine()` first, which says whether it could.
    explicit confined_server(const std::function<bool()>& confine)
        : server_({"127.0.0.1", 0}, [this](ringlet::stream& client) { return echo(client); }),
          child_([&] {
              if (!confine())
                  return not_confined;
              server_.serve_forever();
              return 0;
          }) {}

    [[nodiscard]] blocking_client connect() const {
        return blocking_client(server_.server_address());
    }

    /// How it ended, told to stop.
    child_end stop() {
        CHECK(connect().exchange("stop") == "stop");
        return child_.wait();
    }

    /// How it ended, without being told to.
    child_end fail() { return child_.wait(); }

private:
    ringlet::task<> echo(ringlet::stream& client) {
        std::array<char, 4096> buffer;
        while (const auto size = co_await client.recv(buffer)) {
            const std::string_view said(buffer.data(), size);
            co_await ringlet::sleep_for(1ms);
            co_await client.send_all(said);
            if (said == "stop")
                server_.shutdown();
        }
    }

    ringlet::tcp_server server_;
    forked_child child_;
};

/// Whether several clients that are connected at once are served in turn.
bool serves(const confined_server& server) {
    std::vector<blocking_client> clients;
    for (int i = 0; i < 8; ++i)
        clients.push_back(server.connect());
    bool all_right = true;
    for (const std::size_t size : {1U, 5'000U, 20'000U})
        for (blocking_client& client : clients) {
            const std::string message(size, 'x');
            all_right = all_right && client.exchange(message) == message;
        }
    return all_right;
}

/// A server that is confined so falls back on epoll, says so once, and serves.
void check_that_it_falls_back(const std::function<bool()>& confine, const std::string& cause) {
    const environment_variable unset("RINGLET_RING", nullptr);
    confined_server server(confine);
    CHECK(serves(server));
    const child_end end = server.stop();
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(end.text.starts_with(log_line));
    CHECK(end.text.ends_with(cause + "\"\n"));
    CHECK(std::count(end.text.begin(), end.text.end(), '\n') == 1);
}

constexpr rlim_t lockable = rlim_t{1} << 20U;
constexpr std::size_t rings_max = 100;  // many more than have room in that

/// Becomes an ordinary user, with little memory to lock: root may lock what it likes.
bool become_ordinary_user() {
    constexpr uid_t nobody = 65534;
    const rlimit limit{lockable, lockable};
    if (::setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
        return false;
    return ::geteuid() != 0 || (::setgroups(0, nullptr) == 0 && ::setuid(nobody) == 0);
}

constexpr const char* never_short =
    "this user may lock what it likes, or this kernel does not count rings, or has none";

ringlet::task<bool> converse_with_oneself() {
    ringlet::listener source(*ringlet::loop::current(), ringlet::address("127.0.0.1", 0));
    ringlet::stream client = co_await ringlet::connect(source.local_address());
    ringlet::stream server = co_await source.accept();
    std::array<char, 5> received{};
    co_await client.send_all("hello");
    const std::size_t size = co_await server.recv(received);
    co_await source.close();
    co_return std::string_view(received.data(), size) == "hello";
}

}  // namespace

TEST_CASE("a server serves where a filter forbids io_uring, as Docker's and containerd's do",
          "[server]") {
    check_that_it_falls_back(&refuse_io_uring, "Operation not permitted");
}

TEST_CASE("a server serves where the filter knows of epoll_pwait2 no more than of io_uring",
          "[server]") {
    check_that_it_falls_back(
        [] { return refuse_io_uring() && refuse_call(SYS_epoll_pwait2, EPERM); },
        "Operation not permitted");
}

TEST_CASE("a server serves where there is no io_uring", "[server]") {
    check_that_it_falls_back([] { return refuse_call(SYS_io_uring_setup, ENOSYS); },
                             "Function not implemented");
}

TEST_CASE("a server that is told to use epoll serves where to ask for io_uring is death",
          "[server]") {
    const auto death = [] { return punish_call(SYS_io_uring_setup); };
    {
        const environment_variable told("RINGLET_RING", "epoll");
        confined_server server(death);
        CHECK(serves(server));
        const child_end end = server.stop();
        CHECK(end.exited_with(0));
        CHECK(end.text.empty());
    }
    const environment_variable untold("RINGLET_RING", nullptr);
    CHECK(confined_server(death).fail().killed_by(SIGSYS));
}

TEST_CASE("a server that is told to use the kernel's ring says why it cannot", "[server]") {
    const environment_variable told("RINGLET_RING", "kernel");
    const child_end end = confined_server(&refuse_io_uring).fail();
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.text.starts_with("io_uring_setup: "));
}

TEST_CASE("a server serves where all the memory that rings may lock is taken", "[server]") {
    std::vector<std::unique_ptr<ringlet::kernel_ring>> others;
    const auto take_all = [&others] {
        if (!become_ordinary_user())
            return false;
        try {
            while (others.size() < rings_max)
                others.push_back(std::make_unique<ringlet::kernel_ring>());
        } catch (const std::system_error& refused) {
            return refused.code() == std::errc::not_enough_memory;
        }
        return false;
    };
    if (run_in_child([&] { return take_all() ? 0 : 1; }).exited_with(1))
        SKIP(never_short);
    check_that_it_falls_back(take_all, "Cannot allocate memory");
}

TEST_CASE("of more loops than the kernel has rings for all run", "[server]") {
    const environment_variable unset("RINGLET_RING", nullptr);
    const child_end end = run_in_child([] {
        static_cast<void>(become_ordinary_user());
        std::vector<std::unique_ptr<ringlet::loop>> loops;
        std::size_t on_epoll = 0;
        while (loops.size() < rings_max && on_epoll < 3) {
            loops.push_back(std::make_unique<ringlet::loop>());
            on_epoll += loops.back()->ring().name() == "epoll" ? 1U : 0U;
        }
        for (const auto& each : loops)
            if (!ringlet::block_on(*each, converse_with_oneself()))
                return 1;
        return 0;
    });
    CAPTURE(end.text, end.status);
    CHECK(end.exited_with(0));
    if (!end.says("RLIMIT_MEMLOCK"))
        SKIP(never_short);
    CHECK(std::count(end.text.begin(), end.text.end(), '\n') == 1);
}

}  // namespace tests::server_sandboxed
