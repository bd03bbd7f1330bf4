#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>

#include <array>
#include <string_view>

/// Sends back what comes until the client has ended its side.
inline ringlet::task<> echo(ringlet::stream& client) {
    std::array<char, 4096> buffer;
    while (const auto size = co_await client.recv(buffer))
        co_await client.send_all(std::string_view(buffer.data(), size));
}
