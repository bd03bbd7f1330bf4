// Every server of README.md, docs/ and examples/, while its clients misbehave and while it is told
// to stop: it neither ends, hangs nor spins, says nothing of it, and serves the others.
//
// An exception of the handler is meant by this too: these handlers throw when they talk to a client
// that has reset its connection, and no exception of another kind leaves them.
//
// Of what is not here, tutorial_server ends when a client goes, time_server has clients without a
// connection, and those of tls_terminator speak TLS; these, and the programs that are clients, have
// tests of their own.

#include "blocking_client.hpp"
#include "claimed_address.hpp"
#include "eventually.hpp"
#include "programs.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

namespace tests::examples_broken_conversations {

namespace {

struct server_program {
    std::string name;
    command arguments;
    std::string greeting;  // the bytes that come unasked
    std::string request;   // empty where the server ends the conversation after its greeting
    std::string answer;
    bool quiet = true;  // it does not print all that it hears, which nobody reads here
};

const command any_port{"--address", "127.0.0.1:0"};

command echo_arguments(const std::string& concurrency) {
    return {"--address", "127.0.0.1:0", "--concurrency", concurrency, "--workers", "2"};
}

const std::vector<server_program> programs{
    {"documented_echo", {}, "", "hello", "hello"},
    {"documented_welcome", {}, "Welcome, 127.0.0.1!\n", "", ""},
    {"echo_server", echo_arguments("loop"), "", "hello", "hello"},
    {"echo_server", echo_arguments("threads"), "", "hello", "hello"},
    {"echo_server", echo_arguments("thread-per-connection"), "", "hello", "hello"},
    {"echo_server", echo_arguments("forks"), "", "hello", "hello"},
    {"echo_server", echo_arguments("fork-per-connection"), "", "hello", "hello"},
    {"forking_server", any_port, "", "hello\n", "hello\n"},
    {"welcome_server", any_port, "欢迎访问socketserver服务器！", "hello", "已收到你的消息<hello>",
     false},
    {"chat_server", any_port, "* who are you? /nick NAME\n", "hello\n",
     "* first /nick NAME, a word of up to 20 bytes\n"},
    {"key_value_server", any_port, "", "PING\r\n", "+PONG\r\n"},
    {"file_server", any_port, "", "GET /none HTTP/1.1\r\nHost: test\r\nRange: x\r\n\r\n",
     "HTTP/1.1 404 Not Found\r\n"},
};

/// Whether a server that is told to stop waits for its clients. Others may have ended, and with
/// them what they do about signals, before a second signal comes.
bool waits_for_clients(const server_program& program) {
    return !program.request.empty() && program.name != "chat_server";
}

bool has_fixed_address(const server_program& program) {
    return program.arguments.empty();
}

/// A program that serves, and the address at which it does.
class served_program {
public:
    explicit served_program(const server_program& program) : program_(program) {
        const command line = example(program.name, program.arguments);
        if (program.name == "file_server" && !std::filesystem::exists(line[0]))
            SKIP("file_server is not built, since llhttp is not here");
        if (has_fixed_address(program)) {
            claim_.emplace();
            process_.emplace(line);
            REQUIRE(eventually([&] { return listens(fixed_address); }));
            address_ = fixed_address;
        } else {
            process_.emplace(line);
            const std::string ready = "listening on ";
            address_ =
                ringlet::address::parse((process_->out().read_until(ready), process_->read_line()));
        }
    }

    [[nodiscard]] child_process& process() noexcept { return *process_; }
    [[nodiscard]] const ringlet::address& address() const noexcept { return address_; }

    /// A client that has been greeted.
    [[nodiscard]] blocking_client greeted() const {
        blocking_client client(address_);
        CHECK(client.receive(program_.greeting.size()) == program_.greeting);
        return client;
    }

    /// Whether a client gets an answer.
    [[nodiscard]] bool answers(blocking_client& client) const {
        client.send(program_.request);
        if (client.receive(program_.answer.size()) != program_.answer)
            return false;
        if (program_.name == "file_server")  // the answer is longer than the part that is known
            while (!client.receive(1).empty() && !client.nothing_to_receive()) {
            }
        return true;
    }

    /// Whether the program waits for events, and uses no CPU meanwhile.
    [[nodiscard]] bool rests() const {
        return eventually([&] {
            std::ifstream file("/proc/" + std::to_string(process_->pid()) + "/stat");
            const std::string stat{std::istreambuf_iterator(file), {}};
            return stat.substr(stat.rfind(')'), 3) == ") S";
        });
    }

private:
    static bool listens(const ringlet::address& at) {
        try {
            const blocking_client client(at);
            return true;
        } catch (const std::system_error&) {
            return false;
        }
    }

    const server_program& program_;
    std::optional<claimed_address> claim_;
    std::optional<child_process> process_;
    ringlet::address address_;
};

/// Sends requests and reads no answer, until the server takes no more or `bytes_max` are sent.
void flood(blocking_client& client, const server_program& program) {
    if (program.request.empty() || !program.quiet)
        return;
    constexpr std::size_t bytes_max = std::size_t{16} << 20U;
    client.set_option(SOL_SOCKET, SO_SNDTIMEO, timeval{0, 50'000});
    std::string many;
    while (many.size() < 60'000)
        many += program.request;
    try {
        for (std::size_t sent = 0; sent < bytes_max; sent += many.size())
            client.send(many);
    } catch (const std::system_error&) {
    }
}

/// The moments at which a client breaks its connection off.
const std::vector<void (*)(const served_program&, const server_program&)> breakages{
    [](const served_program& served, const server_program&) {
        blocking_client(served.address()).reset();
    },
    [](const served_program& served, const server_program& program) {
        blocking_client client(served.address());
        client.send(program.request);
        client.reset();
    },
    [](const served_program& served, const server_program& program) {
        blocking_client client(served.address());
        client.send(program.request.substr(0, program.request.size() / 2));
        client.reset();
    },
    [](const served_program& served, const server_program& program) {
        blocking_client client = served.greeted();
        if (!program.request.empty())
            CHECK(served.answers(client));
        client.reset();
    },
    [](const served_program& served, const server_program& program) {
        blocking_client client = served.greeted();
        client.send(program.request);
        client.shutdown_sending();
        client.reset();
    },
    [](const served_program& served, const server_program& program) {
        blocking_client client(served.address());
        flood(client, program);
        client.reset();
    },
};

server_program each_program() {
    return programs[GENERATE(range(std::size_t{0}, programs.size()))];
}

}  // namespace

TEST_CASE("clients that break off are nothing to a server and its other clients", "[examples]") {
    const server_program program = each_program();
    CAPTURE(program.name, program.arguments);
    served_program served(program);
    std::optional<blocking_client> other;
    if (!program.request.empty())
        other.emplace(served.greeted());
    for (int round = 0; round < 5; ++round)
        for (const auto& breakage : breakages)
            breakage(served, program);
    if (other)
        CHECK(served.answers(*other));
    static_cast<void>(served.greeted());
    CHECK(served.rests());
    other.reset();
    served.process().signal(SIGTERM);
    CHECK(served.process().wait() == 0);
    CHECK(served.process().err().read_rest() == "");
}

TEST_CASE("a server that is told to stop lets its clients finish", "[examples]") {
    const server_program program = each_program();
    const int signal = GENERATE(SIGINT, SIGTERM);
    CAPTURE(program.name, program.arguments, signal);
    if (!waits_for_clients(program))
        return;
    served_program served(program);
    blocking_client client = served.greeted();
    CHECK(served.answers(client));
    served.process().signal(signal);
    CHECK(served.answers(client));
    client.close();
    CHECK(served.process().wait() == 0);
    CHECK(served.process().err().read_rest() == "");
}

TEST_CASE("a server that is told twice cancels what its clients do", "[examples]") {
    const server_program program = each_program();
    CAPTURE(program.name, program.arguments);
    served_program served(program);
    std::optional<blocking_client> idle;
    if (!program.request.empty())
        idle.emplace(served.greeted());
    blocking_client silent(served.address());
    blocking_client greedy(served.address());  // in the middle of whose answer the server is
    flood(greedy, program);
    served.process().signal(SIGINT);
    if (waits_for_clients(program))
        served.process().signal(SIGTERM);
    CHECK(served.process().wait() == 0);
    CHECK(served.process().err().read_rest() == "");
}

}  // namespace tests::examples_broken_conversations
