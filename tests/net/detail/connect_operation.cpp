#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/net/detail/connect_operation.hpp>

#include <vector>

namespace tests::net_connect_operation {

using namespace std::chrono_literals;

namespace {

ringlet::task<std::error_code> connect_to(ringlet::loop& owner, const ringlet::socket& client,
                                          sockaddr_in address) {
    co_return co_await ringlet::detail::connect_operation(
        owner.core(), client.native_handle(), reinterpret_cast<const sockaddr*>(&address),
        sizeof(address));
}

}  // namespace

TEST_CASE("a connect reaches a listener", "[net]") {
    ringlet::loop owner;
    const ringlet::socket listener = tcp_listener();
    const ringlet::socket client = tcp_socket();
    const std::error_code error =
        run_coroutine(owner, [&] { return connect_to(owner, client, name_of(listener)); });
    CHECK_FALSE(error);
    const ringlet::socket accepted =
        owned_socket(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
    CHECK(::send(client.native_handle(), "x", 1, 0) == 1);
    char byte = 0;
    CHECK(::recv(accepted.native_handle(), &byte, 1, 0) == 1);
}

TEST_CASE("a connect to a port where nobody listens is refused", "[net]") {
    ringlet::loop owner;
    ringlet::socket bound = tcp_listener();
    const sockaddr_in address = name_of(bound);
    bound = ringlet::socket();
    const ringlet::socket client = tcp_socket();
    const std::error_code error =
        run_coroutine(owner, [&] { return connect_to(owner, client, address); });
    CHECK(error == std::errc::connection_refused);
}

TEST_CASE("a connect that a full backlog holds up is cancelled", "[net]") {
    ringlet::loop owner;
    const ringlet::socket listener = tcp_listener(0);
    std::vector<ringlet::socket> clients;
    std::error_code error;
    // The first fill the backlog, and are connected; one that is not has to wait.
    while (!error && clients.size() < 20) {
        clients.push_back(tcp_socket());
        error = run_coroutine(owner, [&]() -> ringlet::task<std::error_code> {
            const ringlet::cancel_scope limit(50ms);
            co_return co_await connect_to(owner, clients.back(), name_of(listener));
        });
    }
    CHECK(error == std::errc::timed_out);
}

}  // namespace tests::net_connect_operation
