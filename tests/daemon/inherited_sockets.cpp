#include "catch.hpp"
#include "child_process.hpp"
#include "environment_variable.hpp"
#include "examples/programs.hpp"
#include "forked_child.hpp"
#include "server/every_server.hpp"
#include "temporary_directory.hpp"

#include <ringlet/daemon/inherited_sockets.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/listener.hpp>

#include <fcntl.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace tests::daemon_inherited_sockets {

namespace daemon = ringlet::daemon;

namespace {

const ringlet::address any_port("127.0.0.1", 0);

/// In a child: the descriptor `fd` has the number `wanted`, and is inherited.
void place(int fd, int wanted) {
    const int apart = ::fcntl(fd, F_DUPFD, 20);
    if (::dup2(apart, wanted) < 0)
        throw std::runtime_error("dup2");
    ::close(apart);
}

void set(const char* name, const std::string& value) {
    ::setenv(name, value.c_str(), 1);
}

/// In a child: what systemd says to it.
void offer(const std::string& count, const std::string& names) {
    set("LISTEN_PID", std::to_string(::getpid()));
    set("LISTEN_FDS", count);
    set("LISTEN_FDNAMES", names);
}

/// In a child, where Catch2 does not count.
void require(bool holds, const char* what) {
    if (!holds)
        throw std::runtime_error(what);
}

}  // namespace

TEST_CASE("inherited sockets are taken by name and by index, once", "[daemon]") {
    const child_end end = run_in_child([] {
        auto& net = ringlet::network::system();
        const auto web = ringlet::listener::open(net, any_port);
        const auto dns = ringlet::datagram_socket::open(net, any_port);
        place(web.native_handle(), 3);
        place(dns.native_handle(), 4);
        place(web.native_handle(), 5);
        offer("3", "web:dns:web");
        daemon::inherited_sockets inherited;
        require(inherited.size() == 3, "three are given");
        for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
            require(std::getenv(name) == nullptr, "the variables are unset");
        for (const int fd : {3, 4, 5})
            require(::fcntl(fd, F_GETFD) == FD_CLOEXEC, "they are close-on-exec");

        const ringlet::named_socket first = inherited.take("web");
        require(first.name == "web" && first.socket.native_handle() == 3, "the first by name");
        require(inherited.take("web").socket.native_handle() == 5, "the second by name");
        require(inherited.names() == std::vector<std::string>{"dns"}, "one is left");
        const ringlet::named_socket last = inherited.take(1);
        require(last.name == "dns" && last.socket.native_handle() == 4, "by index");
        require(last.socket.local_address() == dns.local_address(), "with its address");
        require(!inherited.take(1).socket.is_open(), "once by index");
        const ringlet::named_socket none = inherited.take("web");
        require(none.name == "web" && !none.socket.is_open(), "once by name");
        require(!inherited.take(3).socket.is_open(), "none beyond the last");
        require(daemon::inherited_sockets().size() == 0, "nothing is left for another object");
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("an inherited socket without a name is unknown", "[daemon]") {
    const child_end end = run_in_child([] {
        const auto web = ringlet::listener::open(ringlet::network::system(), any_port);
        place(web.native_handle(), 3);
        offer("1", "");
        ::unsetenv("LISTEN_FDNAMES");
        require(daemon::inherited_sockets().take(0).name == "unknown", "as systemd has it");
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("sockets that are meant for another process are left alone", "[daemon]") {
    const child_end end = run_in_child([] {
        const auto web = ringlet::listener::open(ringlet::network::system(), any_port);
        place(web.native_handle(), 3);
        offer("1", "web");
        set("LISTEN_PID", std::to_string(::getppid()));
        require(daemon::inherited_sockets().size() == 0, "nothing is given");
        require(::fcntl(3, F_GETFD) == 0, "the descriptor is as it was");
        require(std::getenv("LISTEN_FDS") == nullptr, "nobody else is misled");
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("what nobody takes is closed, with a warning", "[daemon]") {
    const child_end end = run_in_child([] {
        const auto web = ringlet::listener::open(ringlet::network::system(), any_port);
        place(web.native_handle(), 3);
        offer("1", "web.socket");
        { const daemon::inherited_sockets inherited; }
        require(::fcntl(3, F_GETFD) < 0, "it is closed");
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(end.says("nothing has taken it level=warning name=web.socket"));
}

TEST_CASE("variables that lie are refused with a sentence", "[daemon]") {
    const auto [count, names, sentence] = GENERATE(table<const char*, const char*, const char*>({
        {"2", "web:dns", "LISTEN_FDS is \"2\", but descriptor 4 is not open"},
        {"4000000000", "", "LISTEN_FDS is \"4000000000\", but that is no number of descriptors"},
        {"2000000000", "", "LISTEN_FDS is \"2000000000\", but descriptor 4 is not open"},
        {"-1", "", "LISTEN_FDS is \"-1\", but that is no number of descriptors"},
        {"one", "web", "LISTEN_FDS is \"one\", but that is no number of descriptors"},
        {"1 ", "web", "LISTEN_FDS is \"1 \", but that is no number of descriptors"},
        {"", "web", "LISTEN_FDS is \"\", but that is no number of descriptors"},
        {"1", "web:dns", "LISTEN_FDNAMES is \"web:dns\", but there are 1 descriptors"},
    }));
    CAPTURE(count, names);
    const child_end end = run_in_child([&, count = count, names = names] {
        const auto web = ringlet::listener::open(ringlet::network::system(), any_port);
        place(web.native_handle(), 3);
        ::close(4);
        offer(count, names);
        const daemon::inherited_sockets inherited;
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says(sentence));
}

TEST_CASE("a process id that is none is refused with a sentence", "[daemon]") {
    const child_end end = run_in_child([] {
        offer("1", "web");
        set("LISTEN_PID", "me");
        const daemon::inherited_sockets inherited;
        return 0;
    });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("LISTEN_PID is \"me\", but that is no process id"));
}

TEST_CASE("what no predecessor would say is refused with a sentence", "[daemon]") {
    const std::string said = GENERATE("", "1", "me:4:1", "PID:4", "PID:four:1", "PID:999:1");
    CAPTURE(said);
    const child_end end = run_in_child([&] {
        std::string value = said;
        if (value.starts_with("PID"))
            value.replace(0, 3, std::to_string(::getpid()));
        set("RINGLET_SUCCESSION", value);
        const daemon::inherited_sockets inherited;
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("RINGLET_SUCCESSION is \""));
}

TEST_CASE("what a predecessor said to another process is left alone", "[daemon]") {
    const child_end end = run_in_child([] {
        set("RINGLET_SUCCESSION", std::to_string(::getppid()) + ":2:1");
        require(daemon::inherited_sockets().size() == 0, "nothing is given");
        require(std::getenv("RINGLET_SUCCESSION") == nullptr, "nobody else is misled");
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("an inherited descriptor that is no socket cannot be served", "[daemon]") {
    const child_end end = run_in_child([] {
        place(STDERR_FILENO, 3);
        offer("1", "log");
        static_cast<void>(daemon::inherited_sockets().take("log"));
        return 0;
    });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("the inherited descriptor 3, \"log\", cannot be served: "));
}

TEST_CASE("an inherited socket of another kind is refused by the server", "[daemon]") {
    const child_end end = run_in_child([] {
        const auto dns = ringlet::datagram_socket::open(ringlet::network::system(), any_port);
        place(dns.native_handle(), 3);
        offer("1", "web");
        const ringlet::tcp_server server(daemon::inherited_sockets().take("web"), any_port,
                                         echo_back);
        return 0;
    });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("socket 3 cannot be served: it is of SOCK_DGRAM, not SOCK_STREAM"));
}

TEST_CASE("what cannot be the name of a socket is refused", "[daemon]") {
    daemon::inherited_sockets none;
    CHECK_THROWS_AS(none.take(""), std::invalid_argument);
    CHECK_THROWS_AS(none.take("a:b"), std::invalid_argument);
    CHECK_THROWS_AS(none.take("a\nb"), std::invalid_argument);
    CHECK_THROWS_AS(none.take(std::string(256, 'a')), std::invalid_argument);
    CHECK(none.take(std::string(255, 'a')).name.size() == 255);
}

TEST_CASE("a program that systemd-socket-activate starts serves its socket, and leaves it",
          "[daemon]") {
    require_program("systemd-socket-activate", "systemd");
    const auto [over, option] = GENERATE(table<transport, const char*>({
        {transport::unix_stream, ""},
        {transport::unix_datagram, "--datagram"},
    }));
    const std::string concurrency = GENERATE("loop", "threads", "forks");
    const temporary_directory directory;
    const std::string path = (directory.path() / "socket").string();
    const std::string part = (directory.path() / "part").string();
    command activate{"systemd-socket-activate", "--listen=" + path, "--fdname=web"};
    if (std::getenv("RINGLET_RING") != nullptr)
        activate.push_back("--setenv=RINGLET_RING");
    if (*option != '\0')
        activate.emplace_back(option);
    for (const std::string& argument :
         {directory_named_by("RINGLET_DAEMON_PROGRAM"),
          std::string(over == transport::unix_stream ? "unix_stream" : "unix_datagram"),
          concurrency, "unix:" + path + ".other", part})
        activate.push_back(argument);
    child_process program(activate);
    program.err().read_until("Listening on ");
    asking_client client(over, ringlet::address::unix_path(path));
    CHECK(client.ask("activated") == "activated");
    CHECK(program.err().read_until("\n").find(path) != std::string::npos);
    program.err().read_until("serving level=info server=web address=unix:" + path);
    program.signal(SIGTERM);
    CHECK(program.wait() == 0);
    CHECK(std::filesystem::is_socket(path));
    CHECK_FALSE(std::filesystem::exists(path + ".other"));
}

}  // namespace tests::daemon_inherited_sockets
