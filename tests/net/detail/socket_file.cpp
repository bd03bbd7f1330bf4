#include "catch.hpp"
#include "connected_pair.hpp"
#include "forked_child.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/address.hpp>
#include <ringlet/net/detail/socket_file.hpp>

#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>

namespace tests::net_socket_file {

using ringlet::address;
using ringlet::detail::socket_file;

static_assert(!std::is_copy_constructible_v<socket_file>);

namespace {

/// A socket with a path, which stays.
ringlet::socket socket_at(const std::string& path) {
    ringlet::socket made = ringlet::socket::open(ringlet::network::system(), AF_UNIX, SOCK_STREAM);
    made.bind(address::unix_path(path));
    return made;
}

}  // namespace

TEST_CASE("a socket's file is removed at the end, once, by the last it was moved to", "[net]") {
    const temporary_directory folder;
    const std::string path = (folder.path() / "socket").string();
    const ringlet::socket bound = socket_at(path);
    {
        socket_file first(path);
        {
            socket_file second = std::move(first);
            first = std::move(second);
        }
        CHECK(std::filesystem::exists(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket's file that was released stays", "[net]") {
    const temporary_directory folder;
    const std::string path = (folder.path() / "socket").string();
    const ringlet::socket bound = socket_at(path);
    {
        socket_file file(path);
        file.release();
    }
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("only the file itself is removed, not what has its path by now", "[net]") {
    temporary_directory folder;
    const std::string path = (folder.path() / "socket").string();
    const ringlet::socket bound = socket_at(path);
    {
        const socket_file file(path);
        std::filesystem::remove(path);
        if (GENERATE(true, false))
            folder.write("socket", "a file");
        else
            static_cast<void>(socket_at(path));
    }
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("a file that is gone already is no harm", "[net]") {
    const temporary_directory folder;
    const std::string path = (folder.path() / "socket").string();
    {
        const ringlet::socket bound = socket_at(path);
        const socket_file file(path);
        std::filesystem::remove(path);
    }
    const socket_file never_there(path);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a forked child does not remove its parent's file", "[net]") {
    const temporary_directory folder;
    const std::string path = (folder.path() / "socket").string();
    const ringlet::socket bound = socket_at(path);
    {
        socket_file file(path);
        const child_end end = run_in_child([&] {
            const socket_file mine = std::move(file);
            return 0;
        });
        CHECK(end.exited_with(0));
        CHECK(std::filesystem::exists(path));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

}  // namespace tests::net_socket_file
