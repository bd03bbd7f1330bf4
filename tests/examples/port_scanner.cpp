#include "connected_pair.hpp"
#include "own_network.hpp"
#include "programs.hpp"

#include <sys/resource.h>

#include <fstream>

namespace tests::examples_port_scanner {

namespace {

/// How a scan ended.
struct scan_end {
    std::string found;
    std::string complaint;
    int status;
};

scan_end scan(
    const command& arguments, bool (*prepare)() = [] { return true; }) {
    child_process scanner(example("port_scanner", arguments), prepare);
    scan_end end{scanner.out().read_rest(), scanner.err().read_rest(), 0};
    end.status = scanner.wait();
    return end;
}

std::string port_of(const ringlet::socket& bound) {
    return std::to_string(bound.local_address().port());
}

ringlet::socket listener_at(int port, int backlog = 16) {
    auto listening = ringlet::socket::open(ringlet::network::system(), AF_INET, SOCK_STREAM);
    listening.bind({"127.0.0.1", port});
    listening.listen(backlog);
    return listening;
}

}  // namespace

TEST_CASE("the port scanner finds an open port", "[examples]") {
    const ringlet::socket open = tcp_listener();
    const scan_end end = scan({"--address", "127.0.0.1", "--ports", port_of(open)});
    CHECK(end.found ==
          "127.0.0.1:" + port_of(open) + " is open\n127.0.0.1: 1 open, 0 closed, 0 silent\n");
    CHECK(end.complaint.empty());
    CHECK(end.status == 0);
}

TEST_CASE("the port scanner tells closed ports from silent ones", "[examples]") {
    auto closed = ringlet::socket::open(ringlet::network::system(), AF_INET, SOCK_STREAM);
    closed.bind({"127.0.0.1", 0});  // and so nobody else listens there
    CHECK(scan({"--ports", port_of(closed)}).found == "127.0.0.1: 0 open, 1 closed, 0 silent\n");
    const ringlet::socket full = tcp_listener(0);  // the kernel drops what comes
    const ringlet::socket first = tcp_client(full);
    CHECK(scan({"--ports", port_of(full), "--timeout", "20ms"}).found ==
          "127.0.0.1: 0 open, 0 closed, 1 silent\n");
}

TEST_CASE("the port scanner tries a range, so many ports at once", "[examples]") {
    const own_network network;
    if (!network.separate())
        SKIP("this user can have no network of their own, where it is known what is open");
    const ringlet::socket one = listener_at(80);
    const ringlet::socket other = listener_at(1024);
    const auto few_descriptors = [] {
        const rlimit few{32, 32};
        return ::setrlimit(RLIMIT_NOFILE, &few) == 0;
    };
    const scan_end end = scan({"--ports", "1-1025", "--at-once", "16"}, few_descriptors);
    CHECK(end.complaint.empty());
    CHECK(end.found.find("127.0.0.1:80 is open\n") != std::string::npos);
    CHECK(end.found.find("127.0.0.1:1024 is open\n") != std::string::npos);
    CHECK(end.found.ends_with("127.0.0.1: 2 open, 1023 closed, 0 silent\n"));
    const scan_end greedy = scan({"--ports", "1-1025", "--at-once", "64"}, few_descriptors);
    CHECK(greedy.complaint.find("Too many open files") != std::string::npos);
    CHECK(greedy.status == 1);
}

TEST_CASE("a signal ends the port scanner in the middle of its attempts", "[examples]") {
    const own_network network;
    if (!network.separate())
        SKIP("this user can have no network of their own, where it is known what is open");
    const int signal = GENERATE(SIGINT, SIGTERM);
    const ringlet::socket open = listener_at(80);
    const ringlet::socket full = listener_at(81, 0);
    const ringlet::socket first = tcp_client(full);
    child_process scanner(example("port_scanner", {"--ports", "80-81", "--timeout", "60s"}));
    CHECK(scanner.read_line() == "127.0.0.1:80 is open");
    scanner.signal(signal);
    CHECK(scanner.wait() == 128 + signal);
    CHECK(scanner.err().read_rest().empty());
}

TEST_CASE("the port scanner does not take itself for a server", "[examples]") {
    const own_network network;
    constexpr const char* range = "/proc/sys/net/ipv4/ip_local_port_range";
    if (!network.separate() || !(std::ofstream(range) << "40000 40000" << std::flush))
        SKIP("this user can have no network of their own, with a range of ports that is known");
    CHECK(scan({"--ports", "40000"}).found == "127.0.0.1: 0 open, 1 closed, 0 silent\n");
}

TEST_CASE("the port scanner says what is wrong with its options", "[examples]") {
    const own_network nowhere;  // where a name cannot be asked for, and the answer comes at once
    const std::vector<std::pair<command, std::string>> cases{
        {{"--ports", "0-5"}, "--ports are FIRST-LAST from 1 to 65535, not \"0-5\""},
        {{"--ports", "5-4"}, "5-4"},
        {{"--ports", "1-65536"}, "1-65536"},
        {{"--ports", "1-"}, "1-"},
        {{"--ports", "http"}, "http"},
        {{"--at-once", "0"}, "1 task or more"},
        {{"--timeout", "3"}, "unit"},
        {{"--timeout", "-1s"}, "negative"},
        {{"--address", "no-such-host.invalid"},
         "port_scanner: cannot resolve the host name \"no-such-host.invalid\""},
    };
    for (const auto& [arguments, reason] : cases) {
        const scan_end end = scan(arguments);
        CAPTURE(end.complaint, reason);
        CHECK(end.complaint.find(reason) != std::string::npos);
        CHECK(end.status == 1);
    }
}

TEST_CASE("the port scanner explains itself", "[examples]") {
    const std::string text = scan({"--help"}).found;
    for (const char* option : {"--address", "--ports", "--at-once", "--timeout", "300ms"})
        CHECK(text.find(option) != std::string::npos);
}

}  // namespace tests::examples_port_scanner
