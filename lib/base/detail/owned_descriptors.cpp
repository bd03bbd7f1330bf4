#include "owned_descriptors.hpp"

#include <ringlet/base/detail/check.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>

namespace ringlet::detail::owned_descriptors {

namespace {

constexpr int bits = 64;

constexpr std::uint64_t bit_of(int fd) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(fd % bits);
}

/// A bit for each of so many descriptors from `first` on. Chunks are added and never removed.
struct chunk {
    static constexpr int size = 32'768;

    explicit constexpr chunk(int begin) noexcept : first(begin) {}

    [[nodiscard]] std::atomic<std::uint64_t>& word_of(int fd) noexcept {
        return words[static_cast<std::size_t>((fd - first) / bits)];
    }

    [[nodiscard]] bool has(int fd) noexcept {
        return (word_of(fd).load(std::memory_order_relaxed) & bit_of(fd)) != 0;
    }

    const int first;
    std::array<std::atomic<std::uint64_t>, size / bits> words{};
    std::atomic<chunk*> next{nullptr};
};

constinit chunk lowest(0);  // which is all that most programs need
constinit std::atomic<unsigned> closings{0};
constinit std::array<int, kept_max> kept{};  // written once, in a child with one thread
constinit std::size_t kept_count = 0;

chunk* find(int fd) noexcept {
    const int first = fd - fd % chunk::size;
    chunk* each = &lowest;
    while (each != nullptr && each->first != first)
        each = each->next.load(std::memory_order_acquire);
    return each;
}

chunk* find_or_make(int fd) noexcept {
    const int first = fd - fd % chunk::size;
    chunk* each = &lowest;
    while (each->first != first) {
        chunk* next = each->next.load(std::memory_order_acquire);
        if (next == nullptr) {
            std::unique_ptr<chunk> made(new (std::nothrow) chunk(first));
            if (made == nullptr)
                return nullptr;
            // Where another thread was faster, `next` is its chunk now.
            if (each->next.compare_exchange_strong(next, made.get(), std::memory_order_acq_rel))
                next = made.release();
        }
        each = next;
    }
    return each;
}

/// Closes the descriptors from `first` on whose bit is set: a call for each run, not for each one.
void close_all(int first, std::uint64_t closing) noexcept {
    while (closing != 0) {
        const int begin = first + std::countr_zero(closing);
        const int end = begin + std::countr_one(closing >> std::countr_zero(closing));
        if (::syscall(SYS_close_range, begin, end - 1, 0) < 0)  // a seccomp filter may not know it
            for (int fd = begin; fd < end; ++fd)
                ::close(fd);
        closing &= closing + (closing & -closing);  // without its lowest run
    }
}

}  // namespace

void add(int fd) noexcept {
    chunk* const here = find_or_make(fd);
    // Looking is cheaper than writing: what is accepted is added on its way, and by its socket.
    if (here != nullptr && !here->has(fd))
        here->word_of(fd).fetch_or(bit_of(fd), std::memory_order_relaxed);
}

void remove(int fd) noexcept {
    if (chunk* const here = find(fd))
        here->word_of(fd).fetch_and(~bit_of(fd), std::memory_order_relaxed);
}

bool contains(int fd) noexcept {
    chunk* const here = find(fd);
    return here != nullptr && (here->word_of(fd).load(std::memory_order_relaxed) & bit_of(fd)) != 0;
}

void close_in_child(std::span<const int> keep) noexcept {
    for (chunk* each = &lowest; each != nullptr; each = each->next)
        for (int first = each->first; first - each->first < chunk::size; first += bits) {
            std::uint64_t closing = each->word_of(first);
            for (const int fd : keep)
                if (fd >= first && fd - first < bits)
                    closing &= ~bit_of(fd);
            each->word_of(first) &= ~closing;
            close_all(first, closing);
        }
    check(keep.size() <= kept_max, "a forked child was to keep more descriptors than it can");
    std::ranges::copy(keep, kept.begin());
    kept_count = keep.size();
    ++closings;
}

bool was_kept(int fd) noexcept {
    const std::span known = std::span(kept).first(kept_count);
    return std::ranges::find(known, fd) != known.end();
}

unsigned process() noexcept {
    return closings.load(std::memory_order_relaxed);
}

}  // namespace ringlet::detail::owned_descriptors
