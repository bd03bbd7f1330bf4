#pragma once

#include "catch.hpp"
#include "child_process.hpp"

#include <ringlet/net/address.hpp>

#include <cstdlib>
#include <string>
#include <vector>

// The programs that these tests run: the examples, and those of the tutorial that they come from.

/// A directory that Meson names to its tests.
inline std::string directory_named_by(const char* variable) {
    const char* const directory = std::getenv(variable);
    if (directory == nullptr)
        SKIP(variable << " is not set; `meson test` sets it");
    return directory;
}

using command = std::vector<std::string>;

/// The example `name`, with its arguments.
inline command example(const std::string& name, command arguments = {}) {
    arguments.insert(arguments.begin(), directory_named_by("RINGLET_EXAMPLES") + "/" + name);
    return arguments;
}

/// A file of tests/examples.
inline std::string test_file(const std::string& name) {
    return directory_named_by("RINGLET_SOURCE") + "/tests/examples/" + name;
}

/// Skips the test where there is no such program.
inline void require_program(const std::string& name, const std::string& package) {
    if (child_process(command{"sh", "-c", "command -v " + name + " >/dev/null"}).wait() != 0)
        SKIP(name << " is not here; on Debian the package " << package << " has it");
}

/// A Python program of the tutorial, as it stands there; it says at once what it prints.
inline command tutorial(const std::string& name) {
    return {"env", "PYTHONUNBUFFERED=1", "PYTHONUTF8=1", "python3", test_file(name)};
}

/// An example that serves, from when it has said where it listens. `prepare`: see child_process.
class example_server : public child_process {
public:
    explicit example_server(
        const std::string& name, const command& arguments = {"--address", "127.0.0.1:0"},
        bool (*prepare)() = [] { return true; })
        : child_process(example(name, arguments), prepare) {
        const std::string ready = "listening on ";
        std::string line;
        while (!(line = read_line()).starts_with(ready))
            before_ += line + "\n";
        address_ = ringlet::address::parse(line.substr(ready.size()));
    }

    /// What it printed before that.
    [[nodiscard]] const std::string& before() const noexcept { return before_; }
    [[nodiscard]] const ringlet::address& address() const noexcept { return address_; }

private:
    std::string before_;
    ringlet::address address_;
};

/// What is typed at the tutorial's client, and what it then prints; ringlet's client does too.
inline const std::string typed = "你好\n\n  two words \nexit\n";
inline const std::string conversation = "服务器: 欢迎访问socketserver服务器！\n"
                                        "你:服务器: 已收到你的消息<你好>\n"
                                        "你:你:服务器: 已收到你的消息<two words>\n"
                                        "你:谢谢使用，再见！\n";

/// What either server prints meanwhile of a client at 127.0.0.1 and `port`.
inline std::string report_on(const std::string& port) {
    const std::string client = "('127.0.0.1', " + port + ")";
    return "来自" + client + "的客户端向你发来信息：你好\n" + "来自" + client +
           "的客户端向你发来信息：two words\n" + "断开与" + client + "的连接！\n";
}

/// The port that the report of either server names first.
inline std::string port_in(const std::string& report) {
    const std::string before = "('127.0.0.1', ";
    const auto begin = report.find(before);
    if (begin == std::string::npos)
        return "?";
    return report.substr(begin + before.size(), report.find(')', begin) - begin - before.size());
}
