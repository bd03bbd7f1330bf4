#include "store.hpp"

#include <cstdio>

ringlet::task<bool> use_and_leave(ringlet::stream& server) {
    const bool remembered = co_await remembers(server);
    co_await server.end_sending();
    co_return remembered;
}

ringlet::task<bool> test() {
    store values;
    ringlet::stream_pair connection;  // in memory
    const auto [served, remembered] = co_await ringlet::when_all(
        serve_client(connection.one, values), use_and_leave(connection.other));
    co_return remembered;
}

int main() {
    const bool passes = ringlet::block_on(test);
    std::puts(passes ? "the unit test passes" : "the unit test fails");
    return passes ? 0 : 1;
}
