#pragma once

#include "server/echo.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>

inline constexpr int echo_port = 7;

/// Serves echoes at `echo_port` of the host on which it runs, until it is cancelled.
inline ringlet::task<> serve_echo() {
    ringlet::tcp_server server(":" + std::to_string(echo_port), echo);
    co_await server.serve();
}

/// Receives as many bytes as `answer` has, or fewer at the end, which it then has.
inline ringlet::task<> receive_whole(ringlet::stream& server, std::string& answer) {
    std::size_t received = 0;
    while (received < answer.size()) {
        const std::span rest = std::span(answer).subspan(received);
        const std::size_t count = co_await server.recv(std::as_writable_bytes(rest));
        if (count == 0)
            break;
        received += count;
    }
    answer.resize(received);
}

/// Sends `text` to a server of echoes, and receives as many bytes meanwhile, or fewer at the end.
inline ringlet::task<std::string> ask_for_echo(ringlet::stream& server, std::string text) {
    std::string answer(text.size(), '\0');
    co_await ringlet::when_all(server.send_all(text), receive_whole(server, answer));
    co_return answer;
}

/// Asks for an echo as `ask_for_echo` does. An error of the connection, or no answer for a minute,
/// is no answer.
inline ringlet::task<std::string> ask_patiently(ringlet::stream& server, std::string text) {
    try {
        co_return co_await ringlet::with_timeout(std::chrono::minutes(1),
                                                 ask_for_echo(server, std::move(text)));
    } catch (const std::system_error&) {
        co_return std::string();
    }
}
