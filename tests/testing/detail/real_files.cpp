#include "testing/detail/real_files.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/file/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::testing_real_files {

using ringlet::file;
using ringlet::task;
using ringlet::testing::always;
using ringlet::testing::simulation;

TEST_CASE("a simulation opens, writes, syncs and reads the system's own files", "[testing]") {
    const temporary_directory folder;
    const std::filesystem::path path = folder.path() / "written";
    ringlet::testing::simulate({.seeds = 20}, [&](simulation& /*sim*/) -> task<> {
        file written = co_await file::open(path, O_RDWR | O_CREAT | O_TRUNC);
        co_await written.write_all_at("hello", 2);
        co_await written.sync();
        std::array<char, 10> buffer;
        const std::size_t count = co_await written.read_at(buffer, 0);
        always(std::string_view(buffer.data(), count) == std::string_view("\0\0hello", 7),
               "a file has what was written");
        co_await written.close();
        std::error_code error;
        co_await file::open(folder.path() / "missing", O_RDONLY, 0, error);
        always(error == std::errc::no_such_file_or_directory, "what is missing is told");
    });
    CHECK(std::filesystem::file_size(path) == 7);
}

TEST_CASE("a FIFO is opened without waiting, and refused by name where it is read", "[testing]") {
    const temporary_directory folder;
    const std::filesystem::path path = folder.path() / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const auto failed = failure_without_faults([&](simulation& /*sim*/) -> task<> {
        file opened = co_await file::open(path);
        std::array<char, 10> buffer;
        co_await opened.read_at(buffer, 0);
    });
    CHECK(failed.says("belongs to the system, which a simulated ring knows nothing of"));
}

}  // namespace tests::testing_real_files
