#include "catch.hpp"
#include "forked_child.hpp"

#include "server/detail/waiting_replies.hpp"

#include <ringlet/net/address.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace tests::server_waiting_replies {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::concurrency;
using ringlet::server_options;
using ringlet::detail::send_wait_limit;
using ringlet::detail::waiting_replies;

namespace {

const send_wait_limit::time_point now{12h};
const address first = address::unix_path("/first");
const address second = address::unix_path("/second");

server_options limits(std::size_t in_all, std::size_t per_client) {
    server_options options;
    options.waiting_replies_max = in_all;
    options.waiting_replies_per_client_max = per_client;
    options.reply_timeout = 100ms;
    return options;
}

/// Begins waits until one is refused.
std::vector<send_wait_limit::wait> begin_all(waiting_replies& replies, const address& client,
                                             send_wait_limit::time_point when = now) {
    std::vector<send_wait_limit::wait> begun;
    for (auto next = replies.begin(client, when); next.until > when;
         next = replies.begin(client, when))
        begun.push_back(next);
    return begun;
}

std::size_t places_with(concurrency in, server_options options) {
    options.concurrency = in;
    options.waiting_replies_max = options.waiting_replies_per_client_max = 1'000'000;
    waiting_replies replies(options);
    return begin_all(replies, first).size();
}

}  // namespace

TEST_CASE("replies wait as long as the option says, so many in all and for one client",
          "[server]") {
    waiting_replies replies(limits(5, 3));
    const auto of_first = begin_all(replies, first);
    CHECK(of_first.size() == 3);
    CHECK(of_first.front().until == now + 100ms);
    const auto of_second = begin_all(replies, second);
    CHECK(of_second.size() == 2);
    CHECK(begin_all(replies, address::unix_path("/third")).empty());

    replies.end(of_first.front());
    const auto once_more = begin_all(replies, first);
    CHECK(once_more.size() == 1);
    replies.end(of_second.front());
    CHECK(begin_all(replies, first).empty());
    CHECK(begin_all(replies, second).size() == 1);
}

TEST_CASE("a wait that is refused has nothing to end", "[server]") {
    waiting_replies replies(limits(1, 1));
    const auto begun = replies.begin(first, now);
    replies.end(replies.begin(second, now));
    CHECK(begin_all(replies, second).empty());
    replies.end(begun);
    CHECK(begin_all(replies, second).size() == 1);
}

TEST_CASE("a reply whose time is over takes no place, also if its end is never told", "[server]") {
    waiting_replies replies(limits(2, 2));
    const auto left_behind = begin_all(replies, first);
    CHECK(begin_all(replies, second, now + 99ms).empty());
    const auto later = begin_all(replies, second, now + 100ms);
    CHECK(later.size() == 2);
    replies.end(left_behind.front());  // too late to free the place of another
    CHECK(begin_all(replies, first, now + 100ms).empty());
}

TEST_CASE("without a timeout no reply waits", "[server]") {
    server_options options = limits(2, 2);
    options.reply_timeout = 0ms;
    waiting_replies replies(options);
    CHECK(begin_all(replies, first).empty());
    CHECK(replies.begin(address("127.0.0.1", 9), now).until == now);
}

TEST_CASE("replies over UDP wait in any number", "[server]") {
    waiting_replies replies(limits(1, 1));
    for (int i = 0; i < 100; ++i)
        CHECK(replies.begin(address("127.0.0.1", 9), now).until == now + 100ms);
    CHECK(begin_all(replies, first).size() == 1);
}

TEST_CASE("waiting replies take half of what a server handles at a time", "[server]") {
    server_options options;
    options.max_connections = 100;
    options.max_threads = 20;
    options.max_children = 10;
    options.receiving.packets_max = 30;
    CHECK(places_with(concurrency::loop, options) == 15);
    CHECK(places_with(concurrency::threads, options) == 50);
    CHECK(places_with(concurrency::thread_per_request, options) == 10);
    CHECK(places_with(concurrency::forks, options) == 15);
    CHECK(places_with(concurrency::fork_per_request, options) == 5);
    options.max_connections = 1;
    for (const concurrency in : {concurrency::loop, concurrency::threads,
                                 concurrency::thread_per_request, concurrency::fork_per_request})
        CHECK(places_with(in, options) == 1);
}

TEST_CASE("processes and threads share the places", "[server]") {
    waiting_replies replies(limits(16, 6));
    CHECK(
        run_in_child([&] { return begin_all(replies, first).size() == 6 ? 0 : 1; }).exited_with(0));
    CHECK(begin_all(replies, first).empty());

    std::atomic<std::size_t> waiting{0};
    std::atomic<std::size_t> waiting_max{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int turn = 0; turn < 10'000; ++turn) {
                const auto begun = replies.begin(second, now);
                if (begun.until == now)
                    continue;
                const std::size_t count = ++waiting;
                for (std::size_t known = waiting_max; known < count;)
                    if (waiting_max.compare_exchange_weak(known, count))
                        break;
                if (turn % 2 == 0)
                    std::this_thread::yield();
                --waiting;
                replies.end(begun);
            }
        });
    for (std::thread& each : threads)
        each.join();
    CHECK(waiting_max >= 1);
    CHECK(waiting_max <= 6);
    CHECK(begin_all(replies, second).size() == 6);
}

}  // namespace tests::server_waiting_replies
