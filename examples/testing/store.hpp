#pragma once

#include <ringlet/ringlet.hpp>

#include <map>
#include <sstream>
#include <string>

using store = std::map<std::string, std::string>;

/// Answers one line: "SET key value" or "GET key".
inline std::string answer_to(const std::string& line, store& values) {
    std::istringstream words(line);
    std::string command, key, value;
    words >> command >> key >> value;
    if (command == "SET")
        values[key] = value;
    return command == "SET" ? "OK\n" : values[key] + "\n";
}

/// The handler of one client. It has a bug: what one recv gives need not be one line.
inline ringlet::task<> serve_client(ringlet::stream& client, store& values) {
    std::array<char, 256> buffer;
    while (auto n = co_await client.recv(buffer)) {
        const std::string answer = answer_to(std::string(buffer.data(), n), values);
        co_await client.send_all(answer);
    }
}

/// What a client expects: a value that was set can be read.
inline ringlet::task<bool> remembers(ringlet::stream& server) {
    ringlet::reader answers(server);
    co_await server.send_all("SET color blue\n");
    if (co_await answers.read_line() != "OK")
        co_return false;
    co_await server.send_all("GET color\n");
    co_return co_await answers.read_line() == "blue";
}
