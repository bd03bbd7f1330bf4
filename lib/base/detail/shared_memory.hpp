#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <system_error>

namespace ringlet::detail {

/// Objects that a process shares with the children it forks. They lie in a mapping at the same
/// address in every process. mmap(2), MAP_SHARED | MAP_ANONYMOUS.
///
/// The members of `T` must make sense in every process: lock-free atomics, and pointers to objects
/// from before the fork. Lifetime: each process has the objects until its copy of this object ends;
/// the process that made them destroys them.
template <class T>
class shared_memory {
public:
    /// Makes `count` objects, one or more, each from `arguments`. Throws std::system_error and the
    /// exceptions of `T`'s constructor.
    template <class... Arguments>
    explicit shared_memory(std::size_t count, const Arguments&... arguments)
        : pages_(map(count), unmap{count}) {
        try {
            for (; size_ < count; ++size_)
                std::construct_at(begin() + size_, arguments...);
        } catch (...) {
            std::destroy_n(begin(), size_);
            throw;
        }
    }
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;
    ~shared_memory() {
        if (maker_ == ::getpid())
            std::destroy_n(begin(), size_);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] T* begin() const noexcept { return pages_.get(); }
    [[nodiscard]] T* end() const noexcept { return begin() + size_; }

    /// The object at an index from 0 on.
    [[nodiscard]] T& operator[](std::size_t index) const noexcept { return begin()[index]; }

    /// The first object.
    [[nodiscard]] T& operator*() const noexcept { return *begin(); }

    /// The first object.
    [[nodiscard]] T* operator->() const noexcept { return begin(); }

private:
    struct unmap {
        void operator()(T* first) const noexcept { ::munmap(first, whole_pages(count)); }
        std::size_t count;
    };

    // The thread sanitizer forgets what was in memory that is unmapped only by whole pages.
    static std::size_t whole_pages(std::size_t count) noexcept {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return (count * sizeof(T) + page - 1) / page * page;
    }

    static T* map(std::size_t count) {
        if (count > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T))
            throw std::bad_array_new_length();
        void* const mapped = ::mmap(nullptr, whole_pages(count), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED)
            throw std::system_error(errno, std::system_category(), "mmap");
        return static_cast<T*>(mapped);
    }

    std::unique_ptr<T[], unmap> pages_;
    std::size_t size_ = 0;
    pid_t maker_ = ::getpid();
};

}  // namespace ringlet::detail
