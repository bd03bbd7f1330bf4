// A layer of TLS on sockets, whose bytes take a shortcut where there are many.

#include "tls/detail/layer.hpp"

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "tls/layered_streams.hpp"
#include "tls/secured_pair.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tests::tls_layer_on_sockets {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

task<> send_without_end(stream& to, const std::string& text) {
    co_await to.send_all(text);
}

}  // namespace

TEST_CASE("much goes over sockets both ways at once", "[tls]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([kind](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner, kind);
        bound_buffers(sockets);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
        const std::string question = byte_pattern(1'000'000);
        const std::string answer = byte_pattern(1'300'000);
        joinable_task_group group;
        group.spawn(send_and_end(pair.client(), question));
        group.spawn(send_and_end(pair.server(), answer));
        group.spawn(expect(pair.client(), answer));
        group.spawn(expect(pair.server(), question));
        co_await group.join();
        co_await pair.close();
    });
}

TEST_CASE("large messages and small ones take turns on sockets", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
        const std::string text = byte_pattern(40'000);
        const std::vector<std::size_t> sizes{16'384, 40'000, 10,    40'000, 1,
                                             16'384, 16'384, 5'000, 3};
        for (const std::size_t size : sizes) {
            const std::string message = text.substr(0, size);
            joinable_task_group group;
            group.spawn(send_without_end(pair.client(), message));
            std::string received;
            std::array<char, 16'384> buffer;
            while (received.size() < size)
                received.append(buffer.data(), co_await pair.server().recv(buffer));
            CHECK((received == message));
            co_await group.join();
        }
        co_await pair.close();
    });
}

TEST_CASE("a reset in the midst of much is told to a receive and to a send", "[tls]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair sockets = make_streams(owner);
        bound_buffers(sockets);
        secured_pair pair;
        co_await pair.secure(std::move(sockets.one), std::move(sockets.other));
        const std::string text = byte_pattern(100'000);
        joinable_task_group group;
        group.spawn(send_without_end(pair.client(), text));
        const std::string received = co_await receive(pair.server(), text.size());
        CHECK((received == text));
        co_await group.join();
        co_await pair.client().abort();
        std::array<char, 16'384> buffer;
        std::error_code error;
        co_await pair.server().recv(buffer, error);
        CHECK(error == std::errc::connection_reset);
        error.clear();
        while (!error)
            co_await pair.server().send_all(text, error);
        CHECK((error == std::errc::broken_pipe || error == std::errc::connection_reset));
        co_await pair.server().close();
    });
}

}  // namespace tests::tls_layer_on_sockets
