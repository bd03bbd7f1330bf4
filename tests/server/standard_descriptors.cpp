// Nothing of ringlet has the number of a standard stream, however a descriptor comes and whenever
// the program closes its streams: a client would be sent what is printed and logged.

#include "standard_descriptors.hpp"
#include "catch.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/signal_set.hpp>
#include <ringlet/file/directory.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/server/child_process.hpp>

#include <concepts>
#include <cstdio>
#include <deque>
#include <stdexcept>
#include <type_traits>

namespace tests::server_standard_descriptors {

using ringlet::listener;
using ringlet::loop;
using ringlet::task;

namespace {

const ringlet::address any_port("127.0.0.1", 0);

/// Closes the standard streams in each process that has a request, before it takes the next.
template <class Server>
struct daemon_like : Server {
    using Server::Server;
    using taken = std::conditional_t<std::derived_from<Server, ringlet::stream_server>,
                                     ringlet::stream, ringlet::datagram>;
    void process_request(ringlet::accepted<taken> request) override {
        static pid_t closed_by = 0;
        if (std::exchange(closed_by, ::getpid()) != ::getpid())
            close_standard_descriptors();
        Server::process_request(std::move(request));
    }
};

constexpr auto tell_or_fail = [](auto& client) -> task<> {
    if (const std::string heard = co_await hear(client); heard == "fail")
        throw std::runtime_error("the password is hunter2");
    co_await say(client, standard_descriptors_are_harmless() ? "harmless" : "taken");
};

/// Closes the standard streams, runs a step, and notes whether something has their numbers then.
class closing_steps {
public:
    template <class Step>
    auto operator()(const char* name, const Step& step) {
        const noting_end noting(*this, name);
        return step();
    }
    template <class T>
    task<T> await(const char* name, task<T> step) {
        const noting_end noting(*this, name);
        co_return co_await std::move(step);
    }
    [[nodiscard]] int status() const noexcept { return failed_ ? 1 : 0; }

private:
    struct noting_end {
        noting_end(closing_steps& steps, const char* name) : steps_(steps), name_(name) {
            close_standard_descriptors();
        }
        noting_end(const noting_end&) = delete;
        noting_end& operator=(const noting_end&) = delete;
        ~noting_end() {
            if (standard_descriptors_are_harmless())
                return;
            steps_.failed_ = true;
            ::dprintf(steps_.report_, "%s\n", name_);
        }

    private:
        closing_steps& steps_;
        const char* name_;
    };

    int report_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    bool failed_ = false;
};

task<ringlet::stream> accepted(listener& listening) {
    co_return co_await listening.accept();
}

task<> open_all(loop& owner, closing_steps& closed) {
    listener listening = closed("listener", [&] { return listener(owner, any_port); });
    auto client = co_await closed.await("connect", ringlet::connect(listening.local_address()));
    auto served = co_await closed.await("accept", accepted(listening));
    co_await closed.await("file", ringlet::file::open("/etc/passwd"));
    const auto folder = closed("directory", [] { return ringlet::directory("/etc"); });
    co_await closed.await("file in a directory", folder.open("passwd"));
    const auto datagrams =
        closed("datagrams", [&] { return ringlet::datagram_socket(owner, any_port); });
    const auto signals =
        closed("signal_set", [] { return std::make_unique<ringlet::signal_set>(SIGUSR1); });
    auto child =
        closed("child_process", [] { return ringlet::child_process::fork([] { return 0; }); });
    co_await child.wait();
    co_await closed.await("resolve", ringlet::resolve("localhost", 80));
}

}  // namespace

TEST_CASE("no descriptor of a loop gets the number of a standard stream, whenever that is closed",
          "[server]") {
    const child_end end = run_in_child([] {
        closing_steps closed;
        const auto owner = closed("loop", [] { return std::make_unique<loop>(); });
        run_coroutine(*owner, [&] { return open_all(*owner, closed); });
        return closed.status();
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a Unix server that takes over a path leaves the standard streams alone", "[server]") {
    const temporary_directory folder;
    const auto path = ringlet::address::unix_path((folder.path() / "socket").string());
    const child_end end = run_in_child([&] {
        closing_steps closed;
        ringlet::loop owner;
        static_cast<void>(
            listener::open(owner.net(), path, {.binding = {.unlink_on_close = false}}));
        const auto next = closed("listener", [&] {
            return listener::open(owner.net(), path, {.binding = {.replace_stale = true}});
        });
        return closed.status();
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a client is sent no line of the log by a server whose standard streams are closed",
          "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    ringlet::server_options options;
    options.workers = 1;
    const any_server<daemon_like> server(kind, tell_or_fail, options);
    const forked_child serving([&] {
        server->serve_forever();
        return 0;
    });
    CHECK(server.ask("once") != "fail");

    std::deque<asking_client> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(server.client());
        CHECK(server.ask("how are they?") == "harmless");  // by now the one before is accepted
    }
    for (asking_client& client : clients)
        client.say("fail");
    for (asking_client& client : clients)
        CHECK(client.hear().empty());
}

}  // namespace tests::server_standard_descriptors
