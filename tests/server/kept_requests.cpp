// Requests that a thread or a process each is to handle, of a system that is short of something:
// they are kept until it can, and one line says so.

#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "descriptor_limit.hpp"
#include "descriptors.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "other_user.hpp"
#include "serving_thread.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <vector>

namespace tests::server_kept_requests {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t clients = 40;

std::vector<server_kind> tested_kinds() {
    std::vector<server_kind> found = every_kind();
    std::erase_if(found, [](const server_kind& kind) {
        return kind.in != ringlet::concurrency::thread_per_request &&
               kind.in != ringlet::concurrency::fork_per_request;
    });
    return found;
}

ringlet::server_options quickly_recovering() {
    ringlet::server_options options = kinds::loop.options;
    options.listening.overload_pause_max = 20ms;
    options.idle_threads_max = 0;
    return options;
}

/// Leaves the process so many descriptors to open, whatever their numbers, while it lives.
class few_descriptors {
public:
    explicit few_descriptors(int count) : limit_(static_cast<rlim_t>(highest() + 1 + count)) {
        const int last = highest();
        for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) < last;)
            gaps_.emplace_back(fd);
        ::close(last + 1);
    }

private:
    static int highest() { return *descriptors().rbegin(); }

    descriptor_limit limit_;
    std::vector<pipe_end> gaps_;
};

std::vector<asking_client> waiting_clients(const any_server<>& server, bool of_streams) {
    // A Unix socket holds few datagrams, and a sender waits for room.
    const std::size_t count = of_streams ? clients : std::size_t{8};
    std::vector<asking_client> waiting;
    for (std::size_t i = 0; i < count; ++i) {
        waiting.push_back(server.client());
        waiting.back().say("asked");
    }
    return waiting;
}

}  // namespace

TEST_CASE("no request is lost for want of descriptors", "[server]") {
    const server_kind kind = GENERATE(from_range(tested_kinds()));
    CAPTURE(kind);
    const captured_log log;
    const any_server<> server(kind, echo_back, quickly_recovering());
    std::vector<asking_client> waiting = waiting_clients(server, has_streams(kind.over));
    {
        const few_descriptors for_the_loop_and_a_client(10);
        const serving_thread serving(*server);
        for (asking_client& each : waiting) {
            INFO(log.text());
            CHECK(each.hear() == "asked");
        }
    }
    const ringlet::server_counters counts = server->counters();
    CHECK(counts.accepted == waiting.size());
    CHECK(counts.refused == 0);
    CHECK(counts.failed.total() == 0);
}

TEST_CASE("no request is lost for want of processes, and one line tells of the shortage",
          "[server]") {
    if (::geteuid() != 0)
        SKIP("only root can become a user who has so few processes");
    constexpr rlim_t enough_for_few_rings = 8U << 20U;
    for (const server_kind& kind : tested_kinds()) {
        const child_end end = run_in_child([kind] {
            const captured_log log;
            ringlet::server_options options = quickly_recovering();
            options.listening.overload_pause_max = 1s;
            const any_server<> server(kind, echo_back, options);
            std::vector<asking_client> waiting = waiting_clients(server, has_streams(kind.over));
            const rlimit few{6, 6};  // the threads of the test are among them
            if (!become_user_who_may_lock(enough_for_few_rings) ||
                ::setrlimit(RLIMIT_NPROC, &few) < 0)
                return 1;
            const serving_thread serving(*server);
            for (asking_client& each : waiting)
                if (each.hear() != "asked")
                    return 2;
            std::fputs(log.text().c_str(), stderr);
            return server->counters().refused == 0 && log.lines().size() <= 1 ? 0 : 3;
        });
        CAPTURE(kind, end.status, end.text);
        CHECK(end.exited_with(0));
    }
}

TEST_CASE("a request that waits for the end of a shortage is refused when a shutdown cancels it",
          "[server]") {
    const server_kind kind{transport::tcp, GENERATE(ringlet::concurrency::thread_per_request,
                                                    ringlet::concurrency::fork_per_request)};
    CAPTURE(kind);
    const captured_log log;
    const any_server<> server(kind, echo_at_once, quickly_recovering());
    serving_thread serving(*server);
    asking_client served = server.client();
    CHECK(served.socket().exchange("x") == "x");
    {
        // The second one takes the descriptor that the server may give back of the one that is
        // served.
        std::array<blocking_client, 2> kept;
        const few_descriptors for_one_connection(1);
        for (blocking_client& client : kept)
            client.connect(server->server_address());
        CHECK(eventually([&] { return server->counters().accept_pauses > 0; }));
        server->shutdown(20ms);
        serving.join();
    }
    CHECK(served.socket().receive_all().empty());
    const ringlet::server_counters counts = server->counters();
    CHECK(counts.active == 0);
    CHECK(counts.accepted == counts.refused + counts.failed.total());
}

}  // namespace tests::server_kept_requests
