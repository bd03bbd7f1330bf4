#include "catch.hpp"

#include <ringlet/base/detail/event_descriptor.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace tests::base_event_descriptor {

using ringlet::detail::event_descriptor;

namespace {

bool is_readable(int fd) {
    pollfd asked{fd, POLLIN, 0};
    return ::poll(&asked, 1, 0) == 1 && asked.revents == POLLIN;
}

}  // namespace

TEST_CASE("an event's descriptor is readable from a signal until it is cleared", "[base]") {
    event_descriptor event(EFD_NONBLOCK);
    CHECK_FALSE(is_readable(event.native_handle()));
    event.clear();
    event.signal();
    event.signal();
    CHECK(is_readable(event.native_handle()));
    event.clear();
    CHECK_FALSE(is_readable(event.native_handle()));
    event.signal();
    CHECK(is_readable(event.native_handle()));
}

TEST_CASE("an event's descriptor can be given away, and is signalled all the same", "[base]") {
    event_descriptor event;
    const int fd = event.release();
    CHECK(event.native_handle() == -1);
    event_descriptor::signal(fd);
    CHECK(is_readable(fd));
    CHECK(::close(fd) == 0);
}

TEST_CASE("a signal leaves errno as it is, also where it fails", "[base]") {
    event_descriptor event;
    errno = ENOENT;
    event.signal();
    CHECK(errno == ENOENT);
    event_descriptor::signal(-1);
    CHECK(errno == ENOENT);
}

TEST_CASE("each thread counts the signals that it gives", "[base]") {
    event_descriptor one;
    event_descriptor other;
    const std::uint64_t before = event_descriptor::signals();
    one.signal();
    other.signal();
    std::uint64_t elsewhere = 0;
    std::thread([&] {
        one.signal();
        elsewhere = event_descriptor::signals();
    }).join();
    CHECK(elsewhere == 1);
    CHECK(event_descriptor::signals() == before + 2);
}

}  // namespace tests::base_event_descriptor
