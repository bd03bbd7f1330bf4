#include "net/detail/path_binding.hpp"
#include "blocking_client.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "descriptors.hpp"
#include "forked_child.hpp"
#include "forwarding_network.hpp"
#include "other_user.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/bound_socket.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <system_error>
#include <utility>

namespace tests::net_path_binding {

using ringlet::address;
using ringlet::bound_socket;
using ringlet::network;

namespace {

/// A path of its own for each test.
struct place {
    temporary_directory folder;
    address local = address::unix_path((folder.path() / "socket").string());

    /// Leaves a socket there that no process has open.
    void make_stale(int type = SOCK_STREAM) const {
        ringlet::socket left = ringlet::socket::open(network::system(), AF_UNIX, type);
        left.bind(local);
    }

    [[nodiscard]] ino_t inode() const {
        struct stat found {};
        REQUIRE(::lstat(local.path().c_str(), &found) == 0);
        return found.st_ino;
    }

    /// Whether nothing else is there, such as a lock.
    [[nodiscard]] bool alone() const {
        return std::ranges::distance(std::filesystem::directory_iterator(folder.path())) == 1;
    }
};

bound_socket open(const address& local, int type = SOCK_STREAM) {
    return bound_socket::open(network::system(), local, type);
}

/// The text of the error that binding to `local` fails with, which is that the address is in use.
std::string refusal(const address& local, int type = SOCK_STREAM) {
    try {
        static_cast<void>(open(local, type));
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::address_in_use);
        return error.what();
    }
    return "nothing was thrown";
}

/// Does something when bind(2) is called for the `nth` time, just before.
class intervention final : public forwarding_network {
public:
    intervention(int nth, std::function<void()> act) : left_(nth), act_(std::move(act)) {}

    int bind(int fd, const sockaddr* local, socklen_t size) noexcept override {
        if (--left_ == 0)
            act_();
        return forwarding_network::bind(fd, local, size);
    }

private:
    int left_;
    std::function<void()> act_;
};

/// In a child: starts to serve once the pipe `start` ends, says on `result` whether it may, and
/// greets one client.
int serve_one(const address& local, const pipe_end& start, const pipe_end& result) {
    const auto say = [&](const char* line) {
        return ::write(result.native_handle(), line, 2) == 2;
    };
    char never = 0;
    if (::read(start.native_handle(), &never, 1) != 0)
        return 1;
    bound_socket made;
    try {
        made = open(local);
        made.socket().listen(1);
    } catch (const std::system_error& error) {
        return say(error.code() == std::errc::address_in_use ? "-\n" : "?\n") ? 0 : 1;
    }
    if (!say("+\n"))
        return 1;
    const ringlet::socket client(network::system(),
                                 ::accept(made.native_handle(), nullptr, nullptr));
    return ::send(client.native_handle(), "hello", 5, MSG_NOSIGNAL) == 5 ? 0 : 1;
}

}  // namespace

TEST_CASE("a path where a socket was left behind is taken over", "[net]") {
    const place there;
    const int left = GENERATE(SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET);
    const int type = GENERATE(SOCK_STREAM, SOCK_DGRAM);
    there.make_stale(left);
    {
        bound_socket made = open(there.local, type);
        CHECK(there.alone());
        if (type == SOCK_STREAM) {
            made.socket().listen(1);
            CHECK_NOTHROW(blocking_client(there.local));
        }
    }
    CHECK(std::filesystem::is_empty(there.folder.path()));
}

TEST_CASE("a path of a killed server is taken over", "[net]") {
    const place there;
    const child_end end = run_in_child([&] {
        bound_socket made = open(there.local);
        made.socket().listen(1);
        ::raise(SIGKILL);
        return 0;
    });
    REQUIRE(end.killed_by(SIGKILL));
    CHECK(std::filesystem::is_socket(there.local.path()));
    CHECK_NOTHROW(open(there.local));
}

TEST_CASE("a path that is served is never taken over, and its server does not notice", "[net]") {
    const place there;
    const int served = GENERATE(SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET);
    const int type = GENERATE(SOCK_STREAM, SOCK_DGRAM);
    bound_socket server = open(there.local, served);
    const ino_t inode = there.inode();
    CHECK(refusal(there.local, type) == "cannot bind to " + there.local.to_string() +
                                            ": another server listens there: Address already in "
                                            "use");
    if (served != SOCK_DGRAM) {
        server.socket().listen(1);
        CHECK(refusal(there.local, type).find("another server") != std::string::npos);
        ::fcntl(server.native_handle(), F_SETFL, O_NONBLOCK);
        CHECK(::accept(server.native_handle(), nullptr, nullptr) < 0);
        CHECK(errno == EAGAIN);
    }
    CHECK(there.inode() == inode);
    CHECK(there.alone());
}

TEST_CASE("a server whose backlog is full is alive", "[net]") {
    const place there;
    bound_socket server = open(there.local);
    server.socket().listen(0);
    const blocking_client waiting(there.local);
    CHECK(refusal(there.local).find("another server") != std::string::npos);
    CHECK(there.alone());
}

TEST_CASE("a path that is served by an inherited socket alone is not taken over", "[net]") {
    const place there;
    bound_socket server = open(there.local);
    const ringlet::socket inherited(network::system(), ::dup(server.native_handle()));
    const ringlet::socket given = server.release();
    CHECK(refusal(there.local).find("another server") != std::string::npos);
}

TEST_CASE("what is no socket is never touched", "[net]") {
    place there;
    const std::string path = there.local.path();
    const int kind = GENERATE(0, 1, 2, 3);
    if (kind == 0)
        there.folder.write("socket", "precious");
    else if (kind == 1)
        std::filesystem::create_directory(path);
    else if (kind == 2)
        std::filesystem::create_symlink(there.folder.path() / "nowhere", path);
    else
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(refusal(there.local) == "cannot bind to " + there.local.to_string() +
                                      ": a file that is no socket is there: Address already in "
                                      "use");
    CHECK(there.alone());
    if (kind == 0)
        CHECK(there.folder.read("socket") == "precious");
}

TEST_CASE("a symbolic link to a stale socket stays, and so does the socket", "[net]") {
    const place there;
    there.make_stale();
    const std::string link = (there.folder.path() / "link").string();
    std::filesystem::create_symlink(there.local.path(), link);
    CHECK(refusal(address::unix_path(link)).find("no socket") != std::string::npos);
    CHECK(std::filesystem::is_symlink(link));
    CHECK(std::filesystem::is_socket(there.local.path()));
}

TEST_CASE("a path that another process is taking over is left to it", "[net]") {
    const place there;
    there.make_stale();
    const ino_t inode = there.inode();
    const std::string name = there.local.path() + ".lock";
    const std::size_t before = open_descriptors();
    {
        const pipe_end lock(::open(name.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
        REQUIRE(::flock(lock.native_handle(), LOCK_EX) == 0);
        CHECK(refusal(there.local).find("another process") != std::string::npos);
        CHECK(there.inode() == inode);
        CHECK(std::filesystem::exists(name));
    }
    CHECK(open_descriptors() == before);
    const bound_socket made = open(there.local);  // a lock that nobody holds is no obstacle
    CHECK(there.alone());
}

TEST_CASE("who binds to the path first once it is free, has it", "[net]") {
    const place there;
    there.make_stale();
    bound_socket first;
    intervention net(2, [&] { first = open(there.local); });
    CHECK_THROWS_AS(bound_socket::open(net, there.local, SOCK_STREAM), std::system_error);
    REQUIRE(first.is_open());
    first.socket().listen(1);
    CHECK_NOTHROW(blocking_client(there.local));
    CHECK(there.alone());
}

TEST_CASE("a path that its server gives up at that very moment is free", "[net]") {
    const place there;
    bound_socket server = open(there.local);
    // It is gone after the first bind has failed, which is what a knock would find.
    class late final : public forwarding_network {
    public:
        explicit late(bound_socket& server) : server_(server) {}
        int bind(int fd, const sockaddr* local, socklen_t size) noexcept override {
            const int result = forwarding_network::bind(fd, local, size);
            server_ = bound_socket();
            return result;
        }

    private:
        bound_socket& server_;
    } net(server);
    const bound_socket made = bound_socket::open(net, there.local, SOCK_STREAM);
    CHECK(made.local_address() == there.local);
    CHECK(there.alone());
}

TEST_CASE("a socket that may not be touched is not, and the error says so", "[net]") {
    if (::getuid() != 0)
        SKIP("only root can become another user");
    const place there;
    there.make_stale();
    const bool may_ask = GENERATE(true, false);
    std::filesystem::permissions(there.folder.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(there.local.path(), std::filesystem::perms(may_ask ? 0666 : 0600));
    const child_end end = run_in_child([&]() -> int {
        if (!become_nobody())
            return 1;
        const bound_socket made = open(there.local);
        return 2;
    });
    INFO(end.text);
    CHECK(end.exited_with(child_end::threw));
    CHECK(
        end.says(may_ask ? "a stale socket is there, and " : "whether it is stale cannot be told"));
    CHECK(end.says("Permission denied"));
    CHECK(there.alone());
}

TEST_CASE("of several that start at once on a stale path, one serves, and can be reached",
          "[net]") {
    constexpr std::size_t starters = 4;
    for (int round = 0; round < 50; ++round) {
        const place there;
        there.make_stale();
        auto [start, gun] = pipe_end::make_pair();
        auto [results, result] = pipe_end::make_pair();
        std::list<forked_child> children;
        while (children.size() < starters)
            children.emplace_back(
                [&, in = std::ref(start), out = std::ref(result), unfired = std::ref(gun)] {
                    unfired.get().close();
                    return serve_one(there.local, in, out);
                });
        gun.close();
        child_output output(std::move(results));
        std::string said;
        for (std::size_t i = 0; i < starters; ++i)
            said += output.read_until("\n");
        INFO("round " << round << ": " << said);
        REQUIRE(std::ranges::count(said, '+') == 1);
        REQUIRE(std::ranges::count(said, '?') == 0);
        REQUIRE(blocking_client(there.local).receive_all() == "hello");
        for (forked_child& child : children)
            REQUIRE(child.wait().exited_with(0));
        REQUIRE(std::filesystem::is_empty(there.folder.path()));
    }
}

}  // namespace tests::net_path_binding
