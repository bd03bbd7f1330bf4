// Processes that a program forks by itself: they share descriptors and memory with the server of
// their parent, which is none of their business.

#include "catch.hpp"
#include "child_process.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "serving_thread.hpp"
#include "temporary_directory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace tests::server_foreign_processes {

using namespace std::chrono_literals;

namespace {

ringlet::server* stopped_by_signal = nullptr;

/// Shuts a server down at SIGUSR1, in whichever process, while it lives.
class shuts_down_at_signal {
public:
    explicit shuts_down_at_signal(ringlet::server& server) {
        stopped_by_signal = &server;
        before_ = std::signal(SIGUSR1, [](int) { stopped_by_signal->shutdown(0s); });
    }
    shuts_down_at_signal(const shuts_down_at_signal&) = delete;
    shuts_down_at_signal& operator=(const shuts_down_at_signal&) = delete;
    ~shuts_down_at_signal() { std::signal(SIGUSR1, before_); }

private:
    void (*before_)(int);
};

/// Serves once the process that made the server has been reaped, then stops, and writes whether the
/// path of the server is gone. Ends the process.
[[noreturn]] void serve_as_daemon(std::unique_ptr<ringlet::server> server, transport over,
                                  pid_t maker, const pipe_end& answer) {
    ::alarm(static_cast<unsigned>(time_limit.count()));
    const ringlet::address local = server->server_address();
    char gone = 'n';
    try {
        if (eventually([maker] { return ::kill(maker, 0) < 0; })) {
            std::optional<serving_thread> serving(*server);
            if (asking_client(over, local).ask("daemon") == "daemon")
                serving->stop(1h);
            serving.reset();
            server.reset();
            gone = std::filesystem::exists(local.path()) ? 'n' : 'y';
        }
    } catch (const std::exception&) {
        gone = 'e';
    }
    ::_exit(::write(answer.native_handle(), &gone, 1) == 1 ? 0 : 1);
}

}  // namespace

TEST_CASE("a process that the program forks by itself cannot shut its parent's server down",
          "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    const any_server<> server(kind, echo_back, kinds::loop.options);
    const shuts_down_at_signal stopping(*server);
    serving_thread serving(*server);
    CHECK(server.ask("before") == "before");
    if (kind.in == ringlet::concurrency::forks)  // none of them is forked from now on
        CHECK(eventually([&] { return server->counters().children_started == 2; }));
    const child_end end = run_in_child([&server] {
        server->shutdown(0s);
        std::raise(SIGUSR1);
        return 0;
    });
    CHECK(end.exited_with(0));
    for (int i = 0; i < 5; ++i)
        CHECK(server.ask("after") == "after");
    CHECK(server->fileno() >= 0);
    server->shutdown(0s);
    serving.join();
}

TEST_CASE("of two processes that serve one socket, forked by the program, each stops by itself",
          "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    const any_server<> server(kind, echo_back, kinds::loop.options);
    forked_child other([&server] {
        const shuts_down_at_signal stopping(*server);
        serving_thread serving(*server);
        std::raise(SIGUSR1);
        serving.join();
        return 0;
    });
    serving_thread serving(*server);
    CHECK(other.wait().exited_with(0));
    for (int i = 0; i < 5; ++i)
        CHECK(server.ask("after") == "after");
    CHECK(server->counters().accepted == 5);
    server->shutdown(0s);
    serving.join();
}

TEST_CASE("a path goes with the process that serves it, though another one has made it",
          "[server]") {
    const transport over = GENERATE(transport::unix_stream, transport::unix_datagram);
    const server_kind kind{over, GENERATE(from_range(every_concurrency()))};
    CAPTURE(kind);
    const temporary_directory folder;
    const auto local = ringlet::address::unix_path((folder.path() / "socket").string());
    auto served = pipe_end::make_pair();
    // As daemon(3): the process that binds ends, and its child serves.
    const pid_t maker = ::fork();
    if (maker == 0) {
        try {
            auto server = make_server(kind, local, echo_back, kinds::loop.options);
            const pid_t maker_id = ::getpid();
            if (::fork() == 0)
                serve_as_daemon(std::move(server), over, maker_id, served.second);
            ::_exit(0);  // without the destructor of the server
        } catch (const std::exception&) {
            ::_exit(1);
        }
    }
    int status = 0;
    CHECK(::waitpid(maker, &status, 0) == maker);
    served.second.close();
    char answer = 0;
    CHECK(::read(served.first.native_handle(), &answer, 1) == 1);
    CHECK(answer == 'y');
}

}  // namespace tests::server_foreign_processes
