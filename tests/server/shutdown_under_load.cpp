// A shutdown of servers that have much to do: what was asked is answered, and nothing is left.

#include "blocking_client.hpp"
#include "byte_pattern.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "echo.hpp"
#include "leftovers.hpp"
#include "run_coroutine.hpp"
#include "serving_thread.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <random>
#include <vector>

namespace tests::server_shutdown_under_load {

using namespace std::chrono_literals;

namespace {

const ringlet::address loopback("127.0.0.1", 0);
constexpr auto until_the_end = std::chrono::hours(1);  // a grace that no passing test waits out

/// Asks and reads the answer. False where the connection ended before it began.
ringlet::task<bool> get_answer(ringlet::stream& server, std::string_view question) {
    co_await server.send_all(question);
    std::string answer(question.size(), '\0');
    std::size_t size = 0;
    while (size < answer.size()) {
        const std::size_t more = co_await server.recv(std::span(answer).subspan(size));
        if (more == 0)
            break;
        size += more;
    }
    if (size > 0)
        CHECK(answer == question);
    co_return size > 0;
}

/// Clients of a server that ask until they are told not to.
class busy_clients {
public:
    explicit busy_clients(const ringlet::server& server) : server_(server.server_address()) {}

    void start(std::size_t count) {
        for (; started_ < count; ++started_)
            asking_.spawn(ask());
    }

    /// Waits until each of them has been answered `times` times more.
    ringlet::task<> answered_each(int times) {
        awaited_ = 0;
        ++round_;
        wanted_ = times;
        enough_.reset();
        co_await enough_.wait();
    }

    /// They ask no more, and end their connections.
    ringlet::task<> stop() {
        stopping_ = true;
        co_await asking_.join();
    }

private:
    ringlet::task<> ask() {
        ringlet::stream connection = co_await ringlet::connect(server_);
        int round = 0;
        for (int answers = 0; !stopping_;) {
            if (std::exchange(round, round_) != round_)
                answers = 0;
            const bool answered = co_await get_answer(connection, question_);
            CHECK(answered);
            if (round == round_ && ++answers == wanted_ && ++awaited_ == started_)
                enough_.set();
        }
        co_await connection.end_sending();
        std::array<char, 1> rest{};
        const std::size_t more = co_await connection.recv(rest);
        CHECK(more == 0);
    }

    ringlet::address server_;
    std::string question_ = byte_pattern(10'000);
    ringlet::event enough_;
    std::size_t started_ = 0;
    std::size_t awaited_ = 0;
    int round_ = 0;
    int wanted_ = 0;
    bool stopping_ = false;
    ringlet::detail::joinable_task_group asking_;
};

/// Connects and asks, again and again, whatever becomes of it; `answered` is called each time.
template <class Answered>
ringlet::task<> keep_asking(ringlet::address server, const bool& stopping, Answered& answered) {
    const std::string question(100, 'q');
    while (!stopping) {
        try {
            ringlet::stream connection = co_await ringlet::connect(server);
            for (int i = 0; i < 3 && !stopping && co_await get_answer(connection, question); ++i)
                answered();
            // A child that was forked as this connection was opened has it too, and would keep it.
            std::error_code gone;
            co_await connection.end_sending(gone);
        } catch (const std::system_error& error) {
            if (error.code() != std::errc::connection_reset &&
                error.code() != std::errc::broken_pipe &&
                error.code() != std::errc::connection_refused)
                throw;
        }
    }
}

/// Starts a server, and shuts it down when so many questions have been answered; `grace` is none
/// where the clients do not stop by themselves.
void serve_and_shut_down(ringlet::loop& clients_loop, const ringlet::server_options& options,
                         int answers, std::chrono::nanoseconds grace) {
    ringlet::tcp_server server(loopback, echo, options);
    serving_thread serving(server);
    run_coroutine(clients_loop, [&]() -> ringlet::task<> {
        ringlet::event enough;
        ringlet::event ended;
        bool stopping = false;
        const auto answered = [&] {
            if (--answers <= 0)
                enough.set();
        };
        std::future<void> ending;
        std::exception_ptr failure;
        co_await ringlet::task_group::run([&](ringlet::task_group& clients) -> ringlet::task<> {
            for (int i = 0; i < 16; ++i)
                clients.spawn(keep_asking(server.server_address(), stopping, answered));
            co_await enough.wait();
            server.shutdown(grace);
            stopping = grace == until_the_end;
            ending = std::async(std::launch::async, [&] {
                try {
                    serving.join();
                } catch (...) {
                    failure = std::current_exception();
                }
                clients_loop.post([&] { ended.set(); });
            });
            co_await ended.wait();
            clients.cancel();
        });
        ending.get();
        if (failure)
            std::rethrow_exception(failure);
    });
    CHECK(server.counters().active == 0);
}

}  // namespace

TEST_CASE("busy clients get whole replies from a server that drains, idle ones are cancelled",
          "[server]") {
    const concurrency_kind tested =
        GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads, kinds::thread_per_request,
                 kinds::forks, kinds::fork_per_request);
    CAPTURE(tested.name);
    const bool many = tested.options.concurrency != ringlet::concurrency::fork_per_request &&
                      tested.options.concurrency != ringlet::concurrency::thread_per_request;
    const std::size_t busy = many ? 200 : 36;
    const std::size_t idle = 4;
    ringlet::tcp_server server(loopback, echo, tested.options);
    serving_thread serving(server);
    std::vector<blocking_client> silent;
    for (std::size_t i = 0; i < idle; ++i)
        CHECK(silent.emplace_back(server.server_address()).exchange("x") == "x");
    run_coroutine([&]() -> ringlet::task<> {
        busy_clients clients(server);
        clients.start(busy);
        co_await clients.answered_each(2);
        server.shutdown(until_the_end);
        co_await clients.answered_each(3);
        co_await clients.stop();
    });
    for (const blocking_client& each : silent)
        CHECK(each.nothing_to_receive());
    serving.stop(20ms);
    for (blocking_client& each : silent)
        CHECK(each.receive_all().empty());
    const ringlet::server_counters counted = server.counters();
    CHECK(counted.accepted == busy + idle);
    CHECK(counted.finished == busy);
    CHECK(counted.failed.cancelled == idle);
    CHECK(counted.failed.total() == idle);
    CHECK(counted.active == 0);
    CHECK(counted.children_lost == 0);
}

TEST_CASE("no client is lost by a shutdown: all that wait in the backlog are served", "[server]") {
    const concurrency_kind tested = GENERATE(from_range(concurrency_kinds()));
    CAPTURE(tested.name);
    ringlet::server_options options = tested.options;
    options.max_connections = 1;
    ringlet::tcp_server server(loopback, echo, options);
    std::vector<blocking_client> clients;
    serving_thread serving(server);
    blocking_client first(server.server_address());
    CHECK(first.exchange("first") == "first");
    for (int i = 0; i < 30; ++i) {
        clients.emplace_back(server.server_address()).send("asked");
        clients.back().shutdown_sending();
    }
    server.shutdown(until_the_end);
    first.shutdown_sending();
    CHECK(first.receive_all().empty());
    for (blocking_client& each : clients)
        CHECK(each.receive_all() == "asked");
    serving.join();
    CHECK(server.counters().finished == 31);
    CHECK(server.counters().accepted == 31);
}

TEST_CASE("a server that is shut down under load leaves nothing behind", "[server]") {
    const auto [tested, times] = GENERATE(table<concurrency_kind, unsigned>({
        {kinds::loop, 200},
        {kinds::threads, 200},
        {kinds::sharing_threads, 100},
        {kinds::thread_per_request, 30},
        {kinds::forks, 20},
        {kinds::fork_per_request, 20},
    }));
    CAPTURE(tested.name);
    const captured_log quiet;  // of the connections that end where they must
    ringlet::loop clients_loop;
    const leftovers nothing;
    for (unsigned seed = 0; seed < (under_sanitizer ? times / 5 : times); ++seed) {
        CAPTURE(seed);
        std::minstd_rand random(seed);
        const int answers = static_cast<int>(random() % 200);
        const std::chrono::nanoseconds grace =
            std::array<std::chrono::nanoseconds, 3>{0ms, 2ms, until_the_end}[random() % 3];
        serve_and_shut_down(clients_loop, tested.options, answers, grace);
        nothing.check();
    }
}

}  // namespace tests::server_shutdown_under_load
