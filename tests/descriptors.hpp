#pragma once

#include <dirent.h>

#include <cstddef>
#include <memory>
#include <stdexcept>

/// How many descriptors this process has open, to compare before and after.
inline std::size_t open_descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
    if (!folder)
        throw std::runtime_error("cannot read /proc/self/fd");
    std::size_t count = 0;
    while (const dirent* const entry = ::readdir(folder.get()))
        count += entry->d_name[0] != '.' ? 1 : 0;
    return count - 1;  // without the one that reads the folder
}
