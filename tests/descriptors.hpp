#pragma once

#include <dirent.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <set>
#include <stdexcept>

/// The descriptors that this process has open.
inline std::set<int> descriptors() {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
    if (!folder)
        throw std::runtime_error("cannot read /proc/self/fd");
    std::set<int> numbers;
    while (const dirent* const entry = ::readdir(folder.get()))
        if (entry->d_name[0] != '.')
            numbers.insert(std::atoi(entry->d_name));
    numbers.erase(::dirfd(folder.get()));
    return numbers;
}

/// The number of descriptors that this process has open, to compare before and after.
inline std::size_t open_descriptors() {
    return descriptors().size();
}
