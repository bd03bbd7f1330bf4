#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

/// A new directory. The destructor removes it with all its contents.
class temporary_directory {
public:
    temporary_directory() {
        std::string name = std::filesystem::temp_directory_path() / "ringlet-tests-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::system_category(), "mkdtemp");
        path_ = name;
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Makes a file with these contents. The name is relative, as below.
    std::filesystem::path write(const std::filesystem::path& name, std::string_view contents) {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream file(path_ / name, std::ios::binary);
        file.exceptions(std::ios::failbit | std::ios::badbit);
        file << contents << std::flush;
        return path_ / name;
    }

    /// Makes a file of `size` bytes that are all 0 and take no room on the disk.
    std::filesystem::path write_sparse(const std::filesystem::path& name, std::uint64_t size) {
        write(name, {});
        std::filesystem::resize_file(path_ / name, size);
        return path_ / name;
    }

    [[nodiscard]] std::string read(const std::filesystem::path& name) const {
        std::ifstream file(path_ / name, std::ios::binary);
        file.exceptions(std::ios::badbit);
        return {std::istreambuf_iterator(file), {}};
    }

private:
    std::filesystem::path path_;
};
