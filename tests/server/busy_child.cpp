// Processes and threads that share a socket, of which one is busy: the others serve every client.

#include "base/detail/shared_memory.hpp"
#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "check_awaited.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "milestone.hpp"
#include "obedient_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/net/listener.hpp>

#include <atomic>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

namespace tests::server_busy_child {

using namespace std::chrono_literals;
using ringlet::forking_tcp_server;
using ringlet::task;

namespace {

constexpr int clients = 30;

ringlet::server_options pool_of_two() {
    ringlet::server_options options = kinds::forks.options;
    options.drain_timeout = 0ms;
    options.kill_timeout = 0ms;
    options.restart_pause_first = 1ms;
    return options;
}

bool is_stopped(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(status), {});
    return text.find(") T ") != std::string::npos;
}

/// Each client comes alone, when no other one is there to wake another child.
task<> check_that_all_are_served(forking_tcp_server& serving, std::optional<pid_t> busy) {
    for (int i = 0; i < clients; ++i) {
        commander client = co_await connect_to(serving);
        const pid_t child = co_await client.ask_pid();
        CHECK(child != busy);
        co_await client.close();
    }
}

}  // namespace

TEST_CASE("a child of a pool that blocks keeps no client waiting", "[server]") {
    const transport over = GENERATE(from_range(every_transport()));
    const server_kind kind{over, ringlet::concurrency::forks};
    CAPTURE(kind);
    const captured_log log;
    const ringlet::detail::shared_memory<std::atomic<bool>> blocks(1, false);
    const auto answer_and_block = [&blocks](auto& client) -> task<> {
        const std::string heard = co_await hear(client);
        co_await say(client, heard);
        if (heard != "block")
            co_return;
        *blocks = true;
        for (;;)
            ::pause();
    };
    const any_server<> server(kind, answer_and_block, pool_of_two());
    const serving_thread serving(*server);
    asking_client blocking = server.client();
    blocking.say("block");
    CHECK(blocking.socket().receive(5) == "block");
    REQUIRE(eventually([&] { return blocks->load(); }));
    for (int i = 0; i < clients; ++i)
        CHECK(server.ask("hello") == "hello");
}

TEST_CASE("a child of a pool that is stopped keeps no client waiting", "[server]") {
    const captured_log log;
    with_obedient_server(pool_of_two(), [](forking_tcp_server& serving) -> task<> {
        commander client = co_await connect_to(serving);
        const pid_t stopped = co_await client.ask_pid();
        ::kill(stopped, SIGSTOP);
        co_await until([&] { return is_stopped(stopped); });
        co_await check_that_all_are_served(serving, stopped);
    });
}

TEST_CASE("a child of a pool that has just died keeps no client waiting", "[server]") {
    const captured_log log;
    with_obedient_server(pool_of_two(), [](forking_tcp_server& serving) -> task<> {
        for (int i = 0; i < 10; ++i) {
            commander victim = co_await connect_to(serving);
            CHECK_AWAITED(co_await victim.ask("die 9"), "");
            co_await check_that_all_are_served(serving, std::nullopt);
        }
    });
}

TEST_CASE("a thread that is busy keeps no client waiting for another thread of its socket",
          "[server]") {
    ringlet::network& net = ringlet::network::system();
    ringlet::bound_socket listening = ringlet::listener::open(net, {"127.0.0.1", 0});
    const ringlet::address local = listening.local_address();
    milestone blocked("a thread has a client");
    milestone end("the test is over");
    ringlet::listener_options shared;
    shared.accepted_ahead_max = 0;
    const auto serve = [&](bool blocks) {
        ringlet::loop own;
        ringlet::block_on(own, [&]() -> task<> {
            ringlet::listener source(own, ringlet::socket(net, ::dup(listening.native_handle())),
                                     shared);
            for (std::size_t size = 1; size > 0;) {
                ringlet::stream client = co_await source.accept();
                std::array<char, 1> byte{};
                size = co_await client.recv(byte);
                co_await client.send_all(byte);
                if (blocks && size > 0) {
                    // The next accept waits while the thread does.
                    ringlet::detail::joinable_task_group group;
                    group.spawn([](ringlet::listener& from) -> task<> {
                        std::error_code none;
                        co_await from.accept(none);
                    }(source));
                    co_await ringlet::yield();
                    blocked.reach();
                    end.await();
                    group.cancel();
                    co_await group.join();
                    break;
                }
            }
            co_await source.close();
        }());
    };
    std::thread busy([&] { serve(true); });
    CHECK(blocking_client(local).exchange("x") == "x");
    blocked.await();
    std::thread idle([&] { serve(false); });
    for (int i = 0; i < clients; ++i)
        CHECK(blocking_client(local).exchange("x") == "x");
    blocking_client(local).shutdown_sending();
    idle.join();
    end.reach();
    busy.join();
}

}  // namespace tests::server_busy_child
