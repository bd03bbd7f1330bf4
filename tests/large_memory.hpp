#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>

/// Gigabytes to be sent, which take no more memory than a page of zeros does: they can be read
/// only. mmap(2).
class large_memory {
public:
    explicit large_memory(std::size_t size)
        : size_(size), begin_(::mmap(nullptr, size, PROT_READ,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
        if (begin_ == MAP_FAILED)
            throw std::system_error(errno, std::system_category(), "mmap");
    }
    large_memory(const large_memory&) = delete;
    large_memory& operator=(const large_memory&) = delete;
    ~large_memory() { ::munmap(begin_, size_); }

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return {static_cast<const std::byte*>(begin_), size_};
    }

private:
    std::size_t size_;
    void* begin_;
};
