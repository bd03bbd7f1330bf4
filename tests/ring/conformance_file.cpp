#include "byte_pattern.hpp"
#include "catch.hpp"
#include "conformance.hpp"
#include "temporary_directory.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <system_error>

namespace tests::ring_conformance_file {

namespace {

constexpr auto at_position = std::numeric_limits<std::uint64_t>::max();

/// A descriptor that closes.
class opened {
public:
    explicit opened(int fd) : fd_(fd) {
        if (fd < 0)
            throw std::system_error(errno, std::system_category(), "open");
    }
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    ~opened() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

opened open_file(const std::filesystem::path& path, int flags) {
    return opened(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

int read(ringlet::ring& ring, const opened& file, std::span<char> into, std::uint64_t offset) {
    return result_of(ring, [&](io_uring_sqe* sqe) {
        io_uring_prep_read(sqe, file.fd(), into.data(), static_cast<unsigned>(into.size()), offset);
    });
}

int write(ringlet::ring& ring, const opened& file, std::string_view data, std::uint64_t offset) {
    return result_of(ring, [&](io_uring_sqe* sqe) {
        io_uring_prep_write(sqe, file.fd(), data.data(), static_cast<unsigned>(data.size()),
                            offset);
    });
}

/// Hands over what names a file by `path`, which goes away before the result is awaited.
template <class Prepare>
int result_with_path(ringlet::ring& ring, std::string path, Prepare prepare) {
    prepare_as(ring, 1, [&](io_uring_sqe* sqe) { prepare(sqe, path.c_str()); });
    hand_over(ring);
    path.assign(path.size(), '?');
    return next_completion(ring).result;
}

int openat2(ringlet::ring& ring, int directory, const std::string& path, std::uint64_t flags,
            std::uint64_t resolve) {
    open_how how{.flags = flags | O_CLOEXEC, .mode = 0, .resolve = resolve};
    return result_with_path(ring, path, [&](io_uring_sqe* sqe, const char* name) {
        io_uring_prep_openat2(sqe, directory, name, &how);
    });
}

}  // namespace

TEST_CASE("a file is written and read at an offset, and has an end", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const temporary_directory directory;
    const opened file = open_file(directory.path() / "file", O_RDWR | O_CREAT);
    std::array<char, 16> buffer{};
    CHECK(write(*ring, file, "world", 6) == 5);
    CHECK(write(*ring, file, "hello ", 0) == 6);
    CHECK(read(*ring, file, buffer, 0) == 11);
    CHECK(std::string_view(buffer.data(), 11) == "hello world");
    CHECK(read(*ring, file, buffer, 6) == 5);
    CHECK(read(*ring, file, buffer, 11) == 0);
    CHECK(read(*ring, file, buffer, 1'000'000) == 0);
    CHECK(read(*ring, file, {}, 0) == 0);
    CHECK(write(*ring, file, {}, 0) == 0);
    CHECK(::lseek(file.fd(), 0, SEEK_CUR) == 0);
}

TEST_CASE("a file is written and read where it stands", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const temporary_directory directory;
    const opened file = open_file(directory.path() / "file", O_RDWR | O_CREAT);
    std::array<char, 4> buffer{};
    CHECK(write(*ring, file, "abc", at_position) == 3);
    CHECK(write(*ring, file, "defg", at_position) == 4);
    CHECK(read(*ring, file, buffer, at_position) == 0);
    REQUIRE(::lseek(file.fd(), 1, SEEK_SET) == 1);
    CHECK(read(*ring, file, buffer, at_position) == 4);
    CHECK(std::string_view(buffer.data(), 4) == "bcde");
    CHECK(read(*ring, file, buffer, at_position) == 2);
    CHECK(std::string_view(buffer.data(), 2) == "fg");
}

TEST_CASE("a file is read to the end of the buffer, wherever it is kept", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    temporary_directory directory;
    const std::string data = byte_pattern(3'000'000);
    directory.write("file", data);
    const opened file = open_file(directory.path() / "file", O_RDWR);
    const auto leave_a_part_in_memory = [&] {
        REQUIRE(::fdatasync(file.fd()) == 0);
        REQUIRE(::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_DONTNEED) == 0);
        std::array<char, 1000> start{};
        REQUIRE(::posix_fadvise(file.fd(), 0, 0, POSIX_FADV_RANDOM) == 0);
        REQUIRE(::pread(file.fd(), start.data(), start.size(), 0) == 1000);
    };
    std::string buffer(data.size() + 100, '\0');
    leave_a_part_in_memory();
    CHECK(read(*ring, file, buffer, 0) == 3'000'000);
    CHECK(buffer.substr(0, data.size()) == data);
    leave_a_part_in_memory();
    REQUIRE(::lseek(file.fd(), 500, SEEK_SET) == 500);
    CHECK(read(*ring, file, std::span(buffer).first(2'000'000), at_position) == 2'000'000);
    CHECK(buffer.substr(0, 2'000'000) == data.substr(500, 2'000'000));
    CHECK(::lseek(file.fd(), 0, SEEK_CUR) == 2'000'500);
}

TEST_CASE("a file that is not open for it is neither read nor written", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const temporary_directory directory;
    const std::filesystem::path path = directory.path() / "file";
    std::array<char, 16> buffer{};
    CHECK(read(*ring, open_file(path, O_WRONLY | O_CREAT), buffer, 0) == -EBADF);
    CHECK(write(*ring, open_file(path, O_RDONLY), "x", 0) == -EBADF);
    CHECK(read(*ring, open_file(directory.path(), O_RDONLY), buffer, 0) == -EISDIR);
    CHECK(read(*ring, open_file(path, O_PATH), buffer, 0) == -EBADF);
}

TEST_CASE("a file is opened relative to a directory, by a name that may go away", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const temporary_directory directory;
    const opened folder = open_file(directory.path(), O_RDONLY | O_DIRECTORY);
    const auto openat = [&](int at, const std::string& path, int flags) {
        return result_with_path(*ring, path, [&](io_uring_sqe* sqe, const char* name) {
            io_uring_prep_openat(sqe, at, name, flags | O_CLOEXEC, 0640);
        });
    };
    CHECK(openat(folder.fd(), "made", O_RDWR) == -ENOENT);
    {
        const opened made(openat(folder.fd(), "made", O_RDWR | O_CREAT));
        struct stat status {};
        REQUIRE(::fstat(made.fd(), &status) == 0);
        CHECK((status.st_mode & 07777) == (0640 & ~[] {
                  const mode_t mask = ::umask(0);
                  ::umask(mask);
                  return mask;
              }()));
        CHECK(write(*ring, made, "data", 0) == 4);
    }
    CHECK(openat(folder.fd(), "made", O_RDWR | O_CREAT | O_EXCL) == -EEXIST);
    const opened again(openat(AT_FDCWD, directory.path() / "made", O_RDONLY));
    std::array<char, 8> buffer{};
    CHECK(read(*ring, again, buffer, 0) == 4);
    CHECK(openat(again.fd(), "below", O_RDONLY) == -ENOTDIR);
    CHECK(openat(-2, "made", O_RDONLY) == -EBADF);
}

TEST_CASE("RESOLVE_BENEATH opens nothing outside", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    temporary_directory directory;
    directory.write("folder/inside", "x");
    directory.write("outside", "x");
    std::filesystem::create_symlink("../outside", directory.path() / "folder/link");
    const opened folder = open_file(directory.path() / "folder", O_RDONLY | O_DIRECTORY);
    for (const char* const name : {"../outside", "link", "/etc/passwd"}) {
        CAPTURE(name);
        CHECK(openat2(*ring, folder.fd(), name, O_RDONLY, RESOLVE_BENEATH) == -EXDEV);
    }
    const opened link(openat2(*ring, folder.fd(), "link", O_RDONLY, 0));
    const opened inside(openat2(*ring, folder.fd(), "inside", O_RDONLY, RESOLVE_BENEATH));
    CHECK(openat2(*ring, folder.fd(), "inside", O_RDONLY, std::uint64_t{1} << 60U) == -EINVAL);
}

TEST_CASE("a file is put on its disk, whole or its data", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const temporary_directory directory;
    const opened file = open_file(directory.path() / "file", O_RDWR | O_CREAT);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    for (const unsigned flags : {0U, unsigned{IORING_FSYNC_DATASYNC}}) {
        const auto sync = [&](int fd) {
            return result_of(*ring,
                             [&](io_uring_sqe* sqe) { io_uring_prep_fsync(sqe, fd, flags); });
        };
        CHECK(sync(file.fd()) == 0);
        CHECK(sync(pipe[0]) == -EINVAL);
    }
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST_CASE("a file's status is told, by name or by descriptor", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    temporary_directory directory;
    directory.write("file", "twelve bytes");
    const opened folder = open_file(directory.path(), O_RDONLY | O_DIRECTORY);
    const opened file = open_file(directory.path() / "file", O_RDONLY);
    struct statx status {};
    const auto statx = [&](int at, const std::string& path, int flags) {
        status = {};
        return result_with_path(*ring, path, [&](io_uring_sqe* sqe, const char* name) {
            io_uring_prep_statx(sqe, at, name, flags, STATX_SIZE, &status);
        });
    };
    CHECK(statx(folder.fd(), "file", 0) == 0);
    CHECK(status.stx_size == 12);
    CHECK(statx(file.fd(), "", AT_EMPTY_PATH) == 0);
    CHECK(status.stx_size == 12);
    CHECK(statx(folder.fd(), "missing", 0) == -ENOENT);
    CHECK(statx(-2, "file", 0) == -EBADF);
}

TEST_CASE("many files are read and written at a time, and what is cancelled ends", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const temporary_directory directory;
    const opened file = open_file(directory.path() / "file", O_RDWR | O_CREAT);
    constexpr std::uint64_t count = 200;
    const std::string data(4096, 'd');
    for (std::uint64_t i = 1; i <= count; ++i)
        prepare_as(*ring, i, [&](io_uring_sqe* sqe) {
            io_uring_prep_write(sqe, file.fd(), data.data(), 4096, i * 4096);
        });
    hand_over(*ring);
    prepare_as(*ring, count + 1, [](io_uring_sqe* sqe) {
        io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    });
    const std::map<std::uint64_t, int> results = next_results(*ring, count + 1);
    REQUIRE(results.size() == count + 1);
    CHECK(results.at(count + 1) >= 0);
    for (std::uint64_t i = 1; i <= count; ++i) {
        const int result = results.at(i);
        CHECK((result == 4096 || result == -ECANCELED));
    }
}

}  // namespace tests::ring_conformance_file
