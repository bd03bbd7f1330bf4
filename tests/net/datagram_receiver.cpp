#include "byte_pattern.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "connected_pair.hpp"
#include "datagram_transport.hpp"
#include "run_without_leak.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests::net_datagram_receiver {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::datagram;
using ringlet::datagram_receiver;
using ringlet::datagram_socket;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

std::string text_of(const datagram& read) {
    return {reinterpret_cast<const char*>(read.data().data()), read.data().size()};
}

/// Sends the numbers from 0 up to `count`, waiting where there is no room.
task<> send_numbers(datagram_socket& from, address to, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string text = std::to_string(i);
        co_await from.send_to(text, to);
    }
}

}  // namespace

TEST_CASE("a receiver yields datagrams in the order of the socket, with their senders", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    run_without_leak([=](loop& owner) -> task<> {
        const ringlet::socket from =
            datagram_socket::open(owner.net(), free_address(kind)).release();
        datagram_receiver receiver(owner, from);
        datagram_socket client(owner, free_address(kind));
        const address own = client.local_address();
        const address to = from.local_address();
        const std::vector<std::string> texts{"hello", "", "x", byte_pattern(60'000), "", "end"};
        for (const std::string& text : texts)
            co_await client.send_to(text, to);
        for (const std::string& text : texts) {
            const datagram got = co_await receiver.receive();
            CHECK((text_of(got) == text));
            CHECK(got.original_size() == text.size());
            CHECK(got.sender() == own);
            CHECK_FALSE(got.truncated());
        }
        CHECK(receiver.yielded() == texts.size());
        co_await receiver.stop();
    });
}

TEST_CASE("the largest datagram of UDP is received whole by default", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const ringlet::socket from = datagram_socket::open(owner.net(), {"127.0.0.1", 0}).release();
        datagram_receiver receiver(owner, from);
        datagram_socket client(owner, {"127.0.0.1", 0});
        const address to = from.local_address();
        const std::string data = byte_pattern(65'507);
        co_await client.send_to(data, to);
        const datagram got = co_await receiver.receive();
        CHECK((text_of(got) == data));
        CHECK_FALSE(got.truncated());
        co_await receiver.stop();
    });
}

TEST_CASE("what a receiver cuts off is told", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    run_without_leak([=](loop& owner) -> task<> {
        const ringlet::socket from =
            datagram_socket::open(owner.net(), free_address(kind)).release();
        datagram_receiver receiver(owner, from, {.packet_size_max = 16});
        datagram_socket client(owner, free_address(kind));
        const address to = from.local_address();
        const std::string data = byte_pattern(1000);
        co_await client.send_to(data, to);
        co_await client.send_to("next", to);
        {
            const datagram got = co_await receiver.receive();
            CHECK(text_of(got) == data.substr(0, 16));
            CHECK(got.truncated());
            CHECK(got.original_size() == 1000);
        }
        const datagram next = co_await receiver.receive();
        CHECK(text_of(next) == "next");
        CHECK_FALSE(next.truncated());
        co_await receiver.stop();
    });
}

TEST_CASE("a Unix sender without a name is received from, and has no address", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        CHECK(::send(pair.peer(), "hello", 5, 0) == 5);
        const datagram got = co_await receiver.receive();
        CHECK(text_of(got) == "hello");
        CHECK(got.sender() == address());
        co_await receiver.stop();
    });
}

TEST_CASE("a burst that is larger than the pool comes whole and in order", "[net]") {
    const auto packets = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{64});
    const auto kind = GENERATE(datagram_transport::udp, datagram_transport::unix_socket);
    CAPTURE(packets);
    run_without_leak([=](loop& owner) -> task<> {
        const ringlet::socket from =
            datagram_socket::open(owner.net(), free_address(kind), {.receive_buffer_size = 4 << 20})
                .release();
        datagram_receiver receiver(owner, from, {.packets_max = packets});
        datagram_socket client(owner, free_address(kind));
        joinable_task_group sending;
        int burst = 1000;
        if (kind == datagram_transport::udp) {  // which drops what there is no room for
            burst = std::min(burst, from.get_option<int>(SOL_SOCKET, SO_RCVBUF) / 2048);
            co_await send_numbers(client, from.local_address(), burst);
        } else {
            sending.spawn(send_numbers(client, from.local_address(), burst));
        }
        int disordered = 0;
        for (int i = 0; i < burst; ++i) {
            const datagram got = co_await receiver.receive();
            disordered += text_of(got) == std::to_string(i) ? 0 : 1;
        }
        CHECK(disordered == 0);
        co_await sending.join();
        co_await receiver.stop();
    });
}

TEST_CASE("a receiver tells whether it has received a datagram ahead", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        int ahead = 0;
        for (int i = 0; i < 8; ++i)
            CHECK(::send(pair.peer(), "x", 1, 0) == 1);
        for (int i = 0; i < 8; ++i) {
            ahead += receiver.holds_datagram() ? 1 : 0;
            const datagram got = co_await receiver.receive();
        }
        CHECK(ahead > 0);
        CHECK_FALSE(receiver.holds_datagram());
        co_await receiver.stop();
    });
}

TEST_CASE("a receiver waits while all its buffers are lent, and goes on when one is back",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one, {.packets_max = 2});
        for (const std::string_view text : {"a", "b", "c", "d"})
            CHECK(::send(pair.peer(), text.data(), text.size(), 0) == 1);
        std::deque<datagram> lent;
        lent.push_back(co_await receiver.receive());
        lent.push_back(co_await receiver.receive());
        std::string third;
        const auto receive_third = [&]() -> task<> {
            const datagram got = co_await receiver.receive();
            third = text_of(got);
        };
        joinable_task_group group;
        group.spawn(receive_third());
        for (int turn = 0; turn < 5; ++turn)
            co_await ringlet::yield();
        CHECK(third.empty());
        CHECK(text_of(lent.front()) == "a");
        lent.pop_front();
        co_await group.join();
        CHECK(third == "c");
        CHECK(text_of(lent.front()) == "b");
        const datagram fourth = co_await receiver.receive();
        CHECK(text_of(fourth) == "d");
        co_await receiver.stop();
    });
}

TEST_CASE("ICMP errors do not end a receiver, nor does it tell of them", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket from(owner, {"127.0.0.1", 0});
        const address peer = datagram_socket(owner, {"127.0.0.1", 0}).local_address();
        co_await from.connect(peer);  // where nobody is
        datagram_receiver receiver(owner, from.socket());
        std::string received;
        const auto receive_one = [&]() -> task<> {
            const datagram got = co_await receiver.receive();
            received = text_of(got);
        };
        joinable_task_group group;
        group.spawn(receive_one());
        for (int i = 0; i < 3; ++i) {
            std::error_code refused;
            co_await from.send("anybody there?", refused);
            co_await ringlet::yield();
        }
        datagram_socket late(owner, peer);
        co_await late.send_to("yes", from.local_address());
        co_await group.join();
        CHECK(received == "yes");
        co_await receiver.stop();
        co_await from.close();
    });
}

TEST_CASE("an error that stays is told by each receive, and a receiver can go on after it",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        connected_pair pair = unix_pair(SOCK_DGRAM);
        const int number = ::fcntl(pair.fd(), F_DUPFD_CLOEXEC, 0);
        ::close(number);
        datagram_receiver receiver(owner, number);
        for (int i = 0; i < 3; ++i) {
            std::error_code error;
            const datagram none = co_await receiver.receive(error);
            CHECK(error == std::errc::bad_file_descriptor);
            CHECK(none.data().empty());
        }
        std::string text;
        try {
            static_cast<void>(co_await receiver.receive());
        } catch (const std::system_error& error) {
            text = error.what();
        }
        CHECK(text == "recvmsg: Bad file descriptor");
        CHECK(::dup3(pair.fd(), number, O_CLOEXEC) == number);
        CHECK(::send(pair.peer(), "hello", 5, 0) == 5);
        std::error_code error;
        const datagram got = co_await receiver.receive(error);
        CHECK_FALSE(error);
        CHECK(text_of(got) == "hello");
        co_await receiver.stop();
        ::close(number);
    });
}

TEST_CASE("a receiver that is short of memory tries again, ever more rarely", "[net]") {
    const int error = GENERATE(ENOBUFS, ENOMEM);
    std::vector<std::chrono::milliseconds> attempts;
    virtual_time_ring* ring = nullptr;
    auto made = std::make_unique<virtual_time_ring>([&](const io_uring_sqe&) {
        attempts.push_back(ring->elapsed());
        return attempts.size() % 5 == 0 ? 0 : -error;
    });
    ring = made.get();
    loop owner(std::move(made));
    datagram_receiver receiver(owner, 3, {.batch_max = 1});
    const auto receive_two = [&]() -> task<> {
        for (int i = 0; i < 2; ++i)
            static_cast<void>(co_await receiver.receive());
    };
    ringlet::block_on(owner, receive_two());
    CHECK(attempts == std::vector<std::chrono::milliseconds>{0ms, 1ms, 3ms, 7ms, 15ms, 15ms, 16ms,
                                                             18ms, 22ms, 30ms});
}

TEST_CASE("a receiver that pauses can be cancelled, waited for again and stopped", "[net]") {
    int attempts = 0;
    loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe&) {
        ++attempts;
        return -ENOMEM;
    }));
    datagram_receiver receiver(owner, 3, {.batch_max = 1});
    std::vector<std::error_code> errors;
    const auto receive_one = [&]() -> task<> {
        std::error_code error;
        static_cast<void>(co_await receiver.receive(error));
        errors.push_back(error);
    };
    const auto body = [&]() -> task<> {
        for (int i = 0; i < 3; ++i) {
            const ringlet::cancel_scope scope(2ms);
            co_await receive_one();
        }
        joinable_task_group group;
        group.spawn(receive_one());
        co_await ringlet::yield();
        co_await receiver.stop();
        co_await group.join();
    };
    ringlet::block_on(owner, body());
    CHECK(attempts < 6);
    REQUIRE(errors.size() == 4);
    CHECK(errors[2] == std::errc::timed_out);
    CHECK(errors[3] == std::errc::operation_canceled);
}

TEST_CASE("a receiver waits on a socket with O_NONBLOCK all the same", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        CHECK(::fcntl(pair.fd(), F_SETFL, O_NONBLOCK) == 0);
        datagram_receiver receiver(owner, pair.one);
        for (const std::string_view text : {"one", "two"}) {
            owner.post([&] { ::send(pair.peer(), text.data(), text.size(), 0); });
            const datagram got = co_await receiver.receive();
            CHECK(text_of(got) == text);
        }
        std::error_code error;
        joinable_task_group group;
        const auto receive_none = [&]() -> task<> {
            static_cast<void>(co_await receiver.receive(error));
        };
        group.spawn(receive_none());
        co_await ringlet::yield();
        co_await receiver.stop();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
    });
}

TEST_CASE("others may use a receiver's socket: to send, and to receive as well", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, {"127.0.0.1", 0});
        datagram_socket client(owner, {"127.0.0.1", 0});
        const address to = server.local_address();
        datagram_receiver receiver(owner, server.socket());
        std::set<std::string> received;
        const auto receive_through_socket = [&]() -> task<> {
            std::string buffer(16, '.');
            const ringlet::received_datagram got = co_await server.recv(buffer);
            received.insert(buffer.substr(0, got.size));
        };
        joinable_task_group group;
        group.spawn(receive_through_socket());
        co_await ringlet::yield();
        co_await client.send_to("one", to);
        co_await client.send_to("two", to);
        {
            const datagram got = co_await receiver.receive();
            received.insert(text_of(got));
            const address back = got.sender();
            co_await server.send_to("answer", back);
        }
        co_await group.join();
        CHECK(received == std::set<std::string>{"one", "two"});
        std::string answer(16, '.');
        const ringlet::received_datagram got = co_await client.recv(answer);
        CHECK(answer.substr(0, got.size) == "answer");
        co_await receiver.stop();
    });
}

TEST_CASE("a receiver answers Python's socket", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, {"127.0.0.1", 0});
        datagram_receiver receiver(owner, server.socket());
        child_process python({"python3", "-c", R"(
import socket, sys
clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
for i, client in enumerate(clients):
    client.settimeout(20)
    client.sendto(b"%d" % i * i, ("127.0.0.1", int(sys.argv[1])))
for i, client in enumerate(clients):
    assert client.recv(65536) == b"%d" % i * i
    client.close()
print("right")
)",
                              std::to_string(server.local_address().port())});
        for (int i = 0; i < 20; ++i) {
            const datagram got = co_await receiver.receive();
            co_await server.send_to(got.data(), got.sender());
        }
        CHECK(python.read_line() == "right");
        CHECK(python.wait() == 0);
        co_await receiver.stop();
        co_await server.close();
    });
}

}  // namespace tests::net_datagram_receiver
