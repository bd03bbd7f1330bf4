#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/testing/simulate.hpp>

#include <array>
#include <cstdio>

namespace {

ringlet::task<> greet(ringlet::stream& client) {
    co_await client.send_all("OK");
}

ringlet::task<> serve() {
    ringlet::tcp_server server(":9999", greet);
    co_await server.serve();
}

}  // namespace

int main() {
    std::array<char, 2> greeting{};
    const auto report =
        ringlet::testing::simulate({.seeds = 5, .faults = ringlet::testing::fault_options::none()},
                                   [&](ringlet::testing::simulation& sim) -> ringlet::task<> {
                                       sim.host("server").spawn(serve);
                                       ringlet::stream server =
                                           co_await ringlet::connect("server:9999");
                                       co_await server.recv(greeting);
                                   });
    std::puts(report.seeds == 5 && greeting == std::array{'O', 'K'} ? "OK" : "FAILED");
}
