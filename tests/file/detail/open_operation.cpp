#include "catch.hpp"
#include "descriptors.hpp"
#include "run_coroutine.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/file/detail/open_operation.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace tests::file_open_operation {

namespace {

/// What is asked of an open, and how it ended.
struct opening {
    int directory = AT_FDCWD;
    std::string path;
    int flags = O_RDONLY;
    mode_t permissions = 0;
    std::uint64_t resolve = 0;
    int fd = -2;
    std::error_code error = std::make_error_code(std::errc::io_error);
};

ringlet::task<> open(ringlet::loop& owner, opening& asked) {
    asked.fd = co_await ringlet::detail::open_operation(
        owner.core(), asked.directory, asked.path.c_str(), asked.flags, asked.permissions,
        asked.resolve, asked.error);
}

/// Opens in a loop of its own.
void open(opening& asked) {
    ringlet::loop owner;
    run_coroutine(owner, [&] { return open(owner, asked); });
}

}  // namespace

TEST_CASE("an open yields a descriptor, close-on-exec", "[file]") {
    temporary_directory folder;
    opening asked{.path = folder.write("file", "contents")};
    open(asked);
    CHECK_FALSE(asked.error);
    REQUIRE(asked.fd >= 0);
    std::string contents(8, '\0');
    CHECK(::read(asked.fd, contents.data(), contents.size()) == 8);
    CHECK(contents == "contents");
    CHECK((::fcntl(asked.fd, F_GETFD) & FD_CLOEXEC) != 0);
    ::close(asked.fd);
}

TEST_CASE("an open that fails yields -1 and its error", "[file]") {
    const temporary_directory folder;
    opening asked{.path = folder.path() / "none"};
    open(asked);
    CHECK(asked.fd == -1);
    CHECK(asked.error == std::errc::no_such_file_or_directory);
}

TEST_CASE("permissions are those of a file that is made, and of no other", "[file]") {
    temporary_directory folder;
    opening made{.path = folder.path() / "made", .flags = O_WRONLY | O_CREAT, .permissions = 0600};
    open(made);
    CHECK_FALSE(made.error);
    struct stat status {};
    CHECK(::fstat(made.fd, &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
    ::close(made.fd);

    opening existing{.path = made.path, .permissions = 0777};  // openat2(2) would refuse these
    open(existing);
    CHECK_FALSE(existing.error);
    ::close(existing.fd);

    opening folder_itself{.path = folder.path(), .flags = O_DIRECTORY, .permissions = 0777};
    open(folder_itself);  // O_DIRECTORY is a part of O_TMPFILE
    CHECK_FALSE(folder_itself.error);
    ::close(folder_itself.fd);
}

TEST_CASE("an open begins at the directory it is given, and may be kept beneath it", "[file]") {
    temporary_directory folder;
    folder.write("file", "");
    folder.write("inner/file", "");
    opening inner{.path = folder.path() / "inner", .flags = O_DIRECTORY};
    open(inner);
    REQUIRE(inner.fd >= 0);
    const auto resolve = GENERATE(std::uint64_t{0}, std::uint64_t{RESOLVE_BENEATH});
    opening within{.directory = inner.fd, .path = "file", .resolve = resolve};
    open(within);
    CHECK_FALSE(within.error);
    ::close(within.fd);
    opening above{.directory = inner.fd, .path = "../file", .resolve = resolve};
    open(above);
    CHECK(above.error == (resolve == 0 ? std::errc{} : std::errc::cross_device_link));
    if (above.fd >= 0)
        ::close(above.fd);
    ::close(inner.fd);
}

TEST_CASE("an open under a cancelled scope opens nothing", "[file]") {
    temporary_directory folder;
    opening asked{.path = folder.write("file", "")};
    const std::size_t descriptors = open_descriptors();
    {
        ringlet::loop owner;
        run_coroutine(owner, [&]() -> ringlet::task<> {
            ringlet::cancel_scope scope;
            scope.cancel();
            co_await open(owner, asked);
        });
    }
    CHECK(asked.fd == -1);
    CHECK(asked.error == std::errc::operation_canceled);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a descriptor that is opened in the turn of a cancel is not lost", "[file]") {
    temporary_directory folder;
    opening asked{.path = folder.write("file", "")};
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(open(owner, asked));
        ringlet::ring& ring = owner.ring();
        ring.enter(ring.submissions().prepared(), 1, ringlet::ring::no_deadline);  // it is open
        group.cancel();
        co_await group.join();
    });
    CHECK_FALSE(asked.error);
    REQUIRE(asked.fd >= 0);
    CHECK(::close(asked.fd) == 0);
}

}  // namespace tests::file_open_operation
