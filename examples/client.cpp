// Talks to the welcome server: prints the server's answers and sends the lines that the user types,
// until "exit".

#include "command_line.hpp"
#include "tls.hpp"

#include <ringlet/ringlet.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::chrono::seconds timeout{5};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

ringlet::task<> print_answer(ringlet::stream& server) {
    const ringlet::cancel_scope time_limit(timeout);
    std::array<char, 1024> buffer;
    const auto size = co_await server.recv(buffer);
    if (size == 0)
        throw std::runtime_error("the server has closed the connection");
    std::cout << "服务器: " << std::string_view(buffer.data(), size) << std::endl;
}

ringlet::task<> converse(std::string host, int port, tls_client_choice tls) {
    // The server may have been started just now.
    ringlet::stream server =
        co_await ringlet::retry({.attempts_max = 3}, [&] { return dial(host, port, tls); });
    co_await print_answer(server);
    ringlet::descriptor_stream input = ringlet::standard_input();
    ringlet::reader typed(input);
    for (;;) {
        std::cout << "你:" << std::flush;
        const auto line = co_await typed.read_line();
        if (!line)
            break;
        const std::string_view message = trimmed(*line);
        if (message.empty())
            continue;
        co_await server.send_all(message);
        if (message == "exit") {
            std::cout << "谢谢使用，再见！" << std::endl;
            break;
        }
        co_await print_answer(server);
    }
    co_await server.close();
}

}  // namespace

int main(int argc, char** argv) {
    std::string host = "127.0.0.1";
    std::size_t port = 9999;
    tls_client_choice tls;
    return run_program(argc, argv, "Talks to the welcome server.",
                       with_tls(tls, {{"--host", &host, "IP address or name of the server"},
                                      {"--port", &port, "Port of the server"}}),
                       [&] { ringlet::block_on(converse(host, static_cast<int>(port), tls)); });
}
