#include "base/detail/owned_descriptors.hpp"
#include "catch.hpp"
#include "descriptors.hpp"
#include "forked_child.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <fcntl.h>

#include <string>

namespace tests::base_owned_descriptor {

using ringlet::detail::owned_descriptor;
namespace owned_descriptors = ringlet::detail::owned_descriptors;

namespace {

int open_any() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

}  // namespace

TEST_CASE("an owned descriptor is known as ringlet's while it is open, and closed at its end",
          "[base]") {
    const int fd = open_any();
    {
        const owned_descriptor owned(fd, "open");
        CHECK(owned.native_handle() == fd);
        CHECK(owned_descriptors::contains(fd));
    }
    CHECK_FALSE(owned_descriptors::contains(fd));
    CHECK_FALSE(is_open(fd));
}

TEST_CASE("an owned descriptor moves", "[base]") {
    const std::size_t open_before = open_descriptors();
    {
        const int fd = open_any();
        owned_descriptor one(fd, "open");
        owned_descriptor other(std::move(one));
        CHECK(one.native_handle() == -1);  // NOLINT(bugprone-use-after-move)
        CHECK(other.native_handle() == fd);
        one = std::move(other);
        CHECK(one.native_handle() == fd);
        CHECK(owned_descriptors::contains(fd));
        one = owned_descriptor();
        CHECK_FALSE(is_open(fd));
        CHECK_FALSE(owned_descriptors::contains(fd));
    }
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("a descriptor that could not be opened is an error that names the call", "[base]") {
    std::string said;
    try {
        const owned_descriptor refused(::open("/dev/null/nothing", O_RDONLY), "open");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::not_a_directory);
        said = error.what();
    }
    CHECK(said.find("open") == 0);
}

TEST_CASE("a child that closes what its parent owned has none of it, nor touches who comes next",
          "[base]") {
    const owned_descriptor first(open_any(), "open");
    owned_descriptor second(open_any(), "open");
    const int stranger = open_any();
    const int number = second.native_handle();
    const child_end end = run_in_child([&] {
        owned_descriptors::close_in_child({});
        if (is_open(number) || !is_open(stranger))
            return 1;
        if (first.native_handle() != -1 || second.native_handle() != -1)
            return 2;
        if (::fcntl(stranger, F_DUPFD, number) != number)
            return 3;
        second = owned_descriptor();
        if (!is_open(number))
            return 4;
        const owned_descriptor own(open_any(), "open");
        return is_open(own.native_handle()) ? 0 : 5;
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
    CHECK(is_open(number));
    ::close(stranger);
}

}  // namespace tests::base_owned_descriptor
