// A store of keys and values, for the clients of Redis: GET, SET, DEL, INCR and PING in the RESP
// protocol. Clients may send many commands at once. The answers to all that have come go out
// together when the server is about to wait: the reader is tied to the writer.
//
//     redis-cli -p 9999 set greeting hello
//     redis-benchmark -p 9999 -t get,set -P 16 -q

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using ringlet::task;

constexpr std::size_t words_max = 1024;            // in a command
constexpr std::size_t word_size_max = 512 * 1024;  // in bytes
constexpr std::chrono::seconds command_timeout{10};

/// What the client has sent is no command.
struct protocol_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                    : std::nullopt;
}

/// All clients live in one loop, so the store needs no lock.
class store : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

    std::unordered_map<std::string, std::string> values;
};

class client : public ringlet::stream_request_handler {
public:
    client() {
        wbufsize = -1;  // the answers are collected
        message_timeout = command_timeout;
    }

private:
    task<> handle() override {
        std::vector<std::string> words;
        std::string wrong;
        try {
            while (co_await read(words))
                co_await answer(words);
        } catch (const protocol_error& error) {
            wrong = error.what();
        }
        if (!wrong.empty())
            co_await wfile().print("-ERR Protocol error: ", wrong, "\r\n");
    }

    /// Reads a command into `words`: an array of strings, or a line of words as people type it.
    /// Yields false at the end.
    task<bool> read(std::vector<std::string>& words) {
        words.clear();
        rfile().begin_message();
        const auto first = co_await rfile().read_line();
        if (!first)
            co_return false;
        if (!first->starts_with('*')) {
            split(*first, words);
            co_return true;
        }
        const auto count = parse<std::size_t>(first->substr(1));
        if (!count || *count > words_max)
            throw protocol_error("invalid multibulk length");
        while (words.size() < *count)
            words.push_back(co_await read_word());
        co_return true;
    }

    task<std::string> read_word() {
        const auto line = co_await rfile().read_line();
        if (!line || !line->starts_with('$'))
            throw protocol_error("expected '$'");
        const auto size = parse<std::size_t>(line->substr(1));
        if (!size || *size > word_size_max)
            throw protocol_error("invalid bulk length");
        std::string word(*size, '\0');
        co_await rfile().read_exactly(word);
        co_await rfile().skip(2);  // the end of the line
        co_return word;
    }

    static void split(std::string_view line, std::vector<std::string>& words) {
        while (!line.empty()) {
            const auto end = std::min(line.find(' '), line.size());
            if (end > 0)
                words.emplace_back(line.substr(0, end));
            line.remove_prefix(std::min(end + 1, line.size()));
        }
    }

    task<> answer(std::vector<std::string>& words) {
        if (words.empty())
            co_return;
        std::string& name = words[0];
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
        auto& values = server<store>().values;
        if (name == "PING" && words.size() == 1) {
            co_await wfile().print("+PONG\r\n");
        } else if (name == "GET" && words.size() == 2) {
            const auto found = values.find(words[1]);
            if (found == values.end())
                co_await wfile().print("$-1\r\n");
            else  // a copy, since another client may change it while this one is slow
                co_await send_string(found->second);
        } else if (name == "SET" && words.size() == 3) {
            values[words[1]] = std::move(words[2]);
            co_await wfile().print("+OK\r\n");
        } else if (name == "DEL" && words.size() >= 2) {
            const auto erase = [&](const std::string& key) { return values.erase(key) > 0; };
            co_await wfile().print(":", std::count_if(words.begin() + 1, words.end(), erase),
                                   "\r\n");
        } else if (name == "INCR" && words.size() == 2) {
            co_await increment(values[words[1]]);
        } else {
            co_await wfile().print("-ERR unknown command, or wrong number of arguments\r\n");
        }
    }

    task<> send_string(std::string text) {
        co_await wfile().print("$", text.size(), "\r\n", text, "\r\n");
    }

    task<> increment(std::string& value) {
        const auto number = value.empty() ? 0 : parse<long long>(value);
        if (!number || *number == std::numeric_limits<long long>::max()) {
            co_await wfile().print("-ERR value is not an integer or out of range\r\n");
        } else {
            value = std::to_string(*number + 1);
            co_await wfile().print(":", *number + 1, "\r\n");
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv, "Keeps keys and values for clients of Redis.", "127.0.0.1:9999",
                       [](const ringlet::address& address) {
                           store server(address, ringlet::handler<client>);
                           serve_and_tell(server);
                       });
}
