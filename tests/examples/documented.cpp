// The program of docs/coroutines.md that is a client, and the server of docs/tls.md. The other
// servers are in broken_conversations.cpp.

#include "blocking_client.hpp"
#include "claimed_address.hpp"
#include "eventually.hpp"
#include "ipv6_loopback.hpp"
#include "programs.hpp"
#include "secured.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/socket.hpp>

#include <chrono>
#include <optional>

namespace tests::examples_documented {

namespace {

const ringlet::address one_address = fixed_address;
const ringlet::address other_address("::1", 9999);
const std::string question = "how are you?\n";

ringlet::socket listener_at(const ringlet::address& where) {
    auto listening = ringlet::socket::open(ringlet::network::system(), where.family(), SOCK_STREAM);
    listening.bind(where);
    listening.listen(16);
    return listening;
}

/// The program, and the two peers that it asks. It asks them at the same time.
class comparison {
public:
    comparison() {
        if (!claim_.separate() || !has_ipv6_loopback())
            SKIP("this user can have no network of their own with an ::1");
        one_.emplace(listener_at(one_address));
        other_.emplace(listener_at(other_address));
    }

    void start() { process_.emplace(example("documented_compare")); }
    [[nodiscard]] child_process& process() noexcept { return *process_; }

    /// The connection of the program to one of the peers, which has heard the question.
    blocking_client one() { return asked(*one_); }
    blocking_client other() { return asked(*other_); }

    void refuse_other() { other_.reset(); }

private:
    static blocking_client asked(const ringlet::socket& listening) {
        blocking_client peer = blocking_client::accepted_by(listening);
        CHECK(peer.receive(question.size()) == question);
        return peer;
    }

    claimed_address claim_;
    std::optional<ringlet::socket> one_;
    std::optional<ringlet::socket> other_;
    std::optional<child_process> process_;
};

}  // namespace

TEST_CASE("the documented client prints both answers, in the order in which they come",
          "[examples]") {
    comparison compared;
    compared.start();
    blocking_client one = compared.one();
    blocking_client other = compared.other();
    other.send("fine\n");
    CHECK(other.receive_all().empty());
    one.send("so so\n");
    CHECK(compared.process().out().read_rest() == "fine\nso so\n");
    CHECK(compared.process().wait() == 0);
    CHECK(compared.process().err().read_rest().empty());
}

TEST_CASE("a peer that resets, or is not there, ends the documented client with a sentence",
          "[examples]") {
    comparison compared;
    const bool there = GENERATE(true, false);
    if (!there)
        compared.refuse_other();
    compared.start();
    const auto begun = std::chrono::steady_clock::now();
    std::optional<blocking_client> one;
    if (there) {
        one.emplace(compared.one());
        compared.other().reset();
    }
    CHECK(compared.process().err().read_rest() ==
          (there ? "recv: Connection reset by peer\n"
                 : "cannot connect to [::1]:9999: Connection refused\n"));
    CHECK(compared.process().wait() == 1);
    CHECK(compared.process().out().read_rest().empty());
    if (there)
        CHECK(one->receive_all().empty());  // the failure has cancelled this conversation
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("the documented client waits for a silent peer only so long", "[examples]") {
    comparison compared;
    compared.start();
    blocking_client one = compared.one();
    blocking_client silent = compared.other();
    one.send("fine\n");
    CHECK(compared.process().out().read_rest() == "fine\n");
    const std::string said = compared.process().err().read_rest();
    CHECK(said.starts_with("recv: "));
    CHECK(said.find('\n') == said.size() - 1);
    CHECK(compared.process().wait() == 1);
    CHECK(silent.receive_all().empty());
}

TEST_CASE("a signal ends the documented client, which does nothing about signals", "[examples]") {
    comparison compared;
    const int signal = GENERATE(SIGINT, SIGTERM);
    compared.start();
    blocking_client one = compared.one();
    compared.process().signal(signal);
    CHECK(compared.process().wait() == 128 + signal);
    CHECK(one.receive_all().empty());
}

TEST_CASE("the documented server over TLS echoes", "[examples]") {
    const issued_certificate& own = issued().server();
    const claimed_address claim;
    const temporary_directory folder;
    std::filesystem::copy_file(own.certificate, folder.path() / "server.pem");
    std::filesystem::copy_file(own.key, folder.path() / "server.key");
    const auto program = std::filesystem::absolute(example("documented_tls_echo")[0]);
    child_process server(
        command{"sh", "-c", "cd \"$1\" && exec \"$2\"", "sh", folder.path(), program});
    CHECK(eventually([] {
        try {
            const blocking_client reaches(fixed_address);
            return true;
        } catch (const std::system_error&) {
            return false;  // it does not listen yet
        }
    }));
    child_process client(python_client(fixed_address));
    CHECK(client.out().read_rest().empty());
    CHECK(client.err().read_rest().empty());
    CHECK(client.wait() == 0);
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

}  // namespace tests::examples_documented
