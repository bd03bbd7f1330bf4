#include "catch.hpp"
#include "run_without_leak.hpp"
#include "temporary_directory.hpp"

#include <ringlet/file/directory.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace tests::file_directory {

using ringlet::directory;
using ringlet::file;
using ringlet::loop;
using ringlet::task;

namespace {

/// The error of opening `path` in `root`; none if it is open.
task<std::error_code> fault_of(const directory& root, std::string path) {
    std::error_code error;
    const file opened = co_await root.open(path, O_RDONLY, 0, error);
    CHECK(opened.is_open() == !error);
    co_return error;
}

}  // namespace

TEST_CASE("files are opened in a directory, and made there", "[file]") {
    temporary_directory folder;
    folder.write("file", "contents");
    run_without_leak([&](loop&) -> task<> {
        directory moved(folder.path());
        directory root("/");
        root = std::move(moved);
        const file source = co_await root.open("file");
        std::array<char, 100> buffer{};
        const std::size_t count = co_await source.read_at(buffer, 0);
        CHECK(std::string_view(buffer.data(), count) == "contents");
        file made = co_await root.open("made", O_WRONLY | O_CREAT, 0600);
        co_await made.write_all_at("new", 0);
    });
    CHECK(folder.read("made") == "new");
}

TEST_CASE("what is opened beneath a directory lies beneath it", "[file]") {
    temporary_directory folder;
    folder.write("secret", "");
    folder.write("root/file", "");
    folder.write("root/inner/file", "");
    const auto root_path = folder.path() / "root";
    std::filesystem::create_symlink("file", root_path / "within");
    std::filesystem::create_symlink("../file", root_path / "inner/within");
    std::filesystem::create_symlink("../secret", root_path / "out");
    std::filesystem::create_symlink("..", root_path / "parent");
    std::filesystem::create_symlink(root_path / "file", root_path / "absolute");
    std::filesystem::create_symlink("loop", root_path / "loop");
    run_without_leak([&](loop&) -> task<> {
        const directory root(root_path);
        for (const char* const path : {"file", "inner/file", "./inner/../file", ".", "within",
                                       "inner/within", "inner//file"}) {
            INFO(path);
            const std::error_code fault = co_await fault_of(root, path);
            CHECK_FALSE(fault);
        }
        for (const char* const path : {"..", "../secret", "inner/../../secret", "/etc/passwd", "/",
                                       "out", "parent/secret", "absolute", "../root/file"}) {
            INFO(path);
            const std::error_code fault = co_await fault_of(root, path);
            CHECK(fault == std::errc::cross_device_link);
        }
        std::error_code fault = co_await fault_of(root, "loop");
        CHECK(fault == std::errc::too_many_symbolic_link_levels);
        fault = co_await fault_of(root, "");
        CHECK(fault == std::errc::no_such_file_or_directory);
        fault = co_await fault_of(root, "file/file");
        CHECK(fault == std::errc::not_a_directory);
    });
}

TEST_CASE("what cannot be opened in a directory is named, and the directory itself too", "[file]") {
    temporary_directory folder;
    const auto regular = folder.write("file", "");
    run_without_leak([&](loop&) -> task<> {
        const directory root(folder.path());
        std::string text;
        try {
            co_await root.open("none");
        } catch (const std::system_error& error) {
            text = error.what();
        }
        CHECK(text == "cannot open none: No such file or directory");
    });
    CHECK_THROWS_WITH(directory(folder.path() / "none"), "cannot open " +
                                                             (folder.path() / "none").string() +
                                                             ": No such file or directory");
    CHECK_THROWS_WITH(directory(regular), "cannot open " + regular.string() + ": Not a directory");
}

}  // namespace tests::file_directory
