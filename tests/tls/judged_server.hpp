#pragma once

#include "captured_log.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "serving_thread.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/net/reader.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/server_context.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Answers a line of HTTP as a server of HTTP does, and sends every other line back.
inline ringlet::task<> answer_lines(ringlet::stream& client) {
    ringlet::reader in(client);
    while (const auto line = co_await in.read_line()) {
        if (line->starts_with("GET ")) {
            co_await client.send_all("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"
                                     "Connection: close\r\n\r\n",
                                     "judged");
            co_return;
        }
        const std::string answer = std::string(*line) + "\n";
        co_await client.send_all(answer);
    }
}

/// A server that speaks TLS, for programs which others wrote.
class judged_server {
public:
    explicit judged_server(const ringlet::tls::server_context_options& options = ::server_options())
        : context(options),
          server_(ringlet::address("127.0.0.1", 0), answer_lines, options_with(context)),
          serving_(server_) {}

    [[nodiscard]] int port() const { return server_.server_address().port(); }
    [[nodiscard]] std::string authority() const { return certificates::own().authority(); }

    /// `openssl s_client` with more arguments.
    [[nodiscard]] std::vector<std::string>
    s_client(const std::vector<std::string>& arguments = {}) const {
        std::vector<std::string> command{"openssl",
                                         "s_client",
                                         "-connect",
                                         "127.0.0.1:" + std::to_string(port()),
                                         "-CAfile",
                                         authority(),
                                         "-verify_return_error",
                                         "-servername",
                                         "localhost"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return command;
    }

private:
    captured_log log_;  // of clients that are refused

public:
    ringlet::tls::server_context context;

private:
    static ringlet::server_options options_with(const ringlet::tls::server_context& context) {
        ringlet::server_options options;
        options.establish.emplace_back(ringlet::tls::handshake(context));
        return options;
    }

    ringlet::tcp_server server_;
    serving_thread serving_;
};

/// All that a program writes to stdout and stderr, and its exit status.
struct program_end {
    std::string out;
    std::string err;
    int status;
};

/// Runs a program to its end, with `input` at its stdin. Skips the test where there is no such
/// program.
inline program_end run_program(const std::vector<std::string>& command,
                               const std::string& input = {}) {
    child_process program(command);
    program.write(input);
    program.close_input();
    program_end end{};
    end.out = program.out().read_rest();
    end.err = program.err().read_rest();
    end.status = program.wait();
    if (end.status == child_process::cannot_run)
        SKIP("there is no program " << command.front());
    return end;
}
