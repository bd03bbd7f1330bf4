// Signals that interrupt a server while it writes.

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace tests::server_interrupted_writes {

namespace {

std::atomic<int> interruptions{0};  // in each process its own

/// Has a signal interrupt this thread time and again, while one of these lives.
class signal_storm {
public:
    signal_storm() {
        interruptions = 0;
        struct sigaction counting {};  // without SA_RESTART
        counting.sa_handler = [](int) { ++interruptions; };
        ::sigaction(SIGUSR1, &counting, &handled_before_);
        sigset_t only;
        ::sigemptyset(&only);
        ::sigaddset(&only, SIGUSR1);
        ::pthread_sigmask(SIG_UNBLOCK, &only, &blocked_before_);
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = SIGUSR1;
        event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
        if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) < 0)
            throw std::system_error(errno, std::system_category(), "timer_create");
        constexpr timespec period{0, 100'000};
        const itimerspec always{period, period};
        ::timer_settime(timer_, 0, &always, nullptr);
    }
    signal_storm(const signal_storm&) = delete;
    signal_storm& operator=(const signal_storm&) = delete;
    ~signal_storm() {
        ::timer_delete(timer_);
        ::pthread_sigmask(SIG_SETMASK, &blocked_before_, nullptr);
        ::sigaction(SIGUSR1, &handled_before_, nullptr);
    }

private:
    struct sigaction handled_before_ {};
    sigset_t blocked_before_{};
    timer_t timer_{};
};

const std::string& piece() {
    static const std::string bytes = byte_pattern(std::size_t{1} << 20U);
    return bytes;
}

/// Writes piece after piece, 16 of them and until it has been interrupted often enough.
class writing : public ringlet::stream_request_handler {
public:
    ringlet::task<> handle() override {
        const signal_storm storm;
        for (int i = 0; i < 16 || interruptions < 10; ++i)
            co_await wfile().write(piece());
    }
};

/// Whether this is made up of pieces, 16 of them or more.
bool is_whole(std::string_view received) {
    const std::size_t count = received.size() / piece().size();
    if (count < 16 || received.size() % piece().size() != 0)
        return false;
    for (; !received.empty(); received.remove_prefix(piece().size()))
        if (!received.starts_with(piece()))
            return false;
    return true;
}

template <class Server>
void check_whole(transport over, ringlet::server_options options) {
    const free_place place(over);
    for (const ringlet::concurrency in : every_concurrency()) {
        CAPTURE(server_kind{over, in});
        options.concurrency = in;
        Server server(place.address(), ringlet::handler<writing>, options);
        serving_thread serving(server);
        CHECK(is_whole(asking_client(over, server.server_address()).ask("")));
        server.shutdown();
        serving.join();
        CHECK(server.counters().finished == 1);
        CHECK(server.counters().failed.total() == 0);
    }
}

}  // namespace

TEST_CASE("what a handler of any kind of server writes is whole, whatever interrupts it",
          "[server]") {
    ringlet::server_options options;
    options.workers = 1;
    check_whole<ringlet::tcp_server>(transport::tcp, options);
    check_whole<ringlet::unix_stream_server>(transport::unix_stream, options);
}

}  // namespace tests::server_interrupted_writes
