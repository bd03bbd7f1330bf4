#include "store.hpp"

#include <ringlet/testing/simulate.hpp>

#include <cstdio>

ringlet::task<> serve_store() {
    store values;
    ringlet::tcp_server server(
        ":9999", [&](ringlet::stream& client) { return serve_client(client, values); });
    co_await server.serve();
}

ringlet::task<> use_store() {
    try {
        ringlet::stream server = co_await ringlet::connect("store:9999");
        ringlet::testing::always(co_await remembers(server), "a value that was set can be read");
    } catch (const std::system_error&) {  // the network may fail, the store may not
    }
}

ringlet::task<> store_on_a_bad_day(ringlet::testing::simulation& sim) {
    sim.host("store").spawn(serve_store);
    sim.host("client").spawn(use_store);
    co_await sim.calm();
}

int main() {
    try {
        ringlet::testing::simulate({.seeds = 1000}, store_on_a_bad_day);
    } catch (const ringlet::testing::simulation_failed&) {
        return 1;
    }
    std::puts("the simulation passes");
}
