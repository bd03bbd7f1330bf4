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

/// A bit for each of `size` descriptors from `first` on. Chunks are added and never removed.
struct chunk {
    static constexpr int size = 32'768;

    explicit constexpr chunk(int begin) noexcept : first(begin) {}

    [[nodiscard]] std::atomic<std::uint64_t>& word_of(int fd) noexcept {
        return words[static_cast<std::size_t>((fd - first) / bits)];
    }

    /// How often the descriptor was removed.
    [[nodiscard]] std::atomic<std::uint32_t>& removals_of(int fd) noexcept {
        return removals[static_cast<std::size_t>(fd - first)];
    }

    [[nodiscard]] bool has(int fd) noexcept {
        return (word_of(fd).load(std::memory_order_relaxed) & bit_of(fd)) != 0;
    }

    const int first;
    std::array<std::atomic<std::uint64_t>, size / bits> words{};
    std::array<std::atomic<std::uint32_t>, size> removals{};
    std::atomic<chunk*> next{nullptr};
};

constinit chunk lowest(0);  // most programs need no other
constinit std::atomic<unsigned> closings{0};
constinit std::array<int, kept_max> kept{};  // written once, in a child with one thread
constinit std::size_t kept_count = 0;

chunk* find(int fd) noexcept {
    const int first = fd - fd % chunk::size;
    chunk* current = &lowest;
    while (current != nullptr && current->first != first)
        current = current->next.load(std::memory_order_acquire);
    return current;
}

chunk* find_or_make(int fd) noexcept {
    const int first = fd - fd % chunk::size;
    chunk* current = &lowest;
    while (current->first != first) {
        chunk* next = current->next.load(std::memory_order_acquire);
        if (next == nullptr) {
            std::unique_ptr<chunk> created(new (std::nothrow) chunk(first));
            if (created == nullptr)
                return nullptr;
            // If another thread was faster, `next` is now the chunk that it made.
            if (current->next.compare_exchange_strong(next, created.get(),
                                                      std::memory_order_acq_rel))
                next = created.release();
        }
        current = next;
    }
    return current;
}

/// Closes the descriptors from `first` on whose bits are set, with one call for each run of them.
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
    chunk* const known = find_or_make(fd);
    // A read is cheaper than a write, and an accepted descriptor is added twice: when it is
    // delivered, and by its socket.
    if (known != nullptr && !known->has(fd))
        known->word_of(fd).fetch_or(bit_of(fd), std::memory_order_relaxed);
}

void remove(int fd) noexcept {
    if (chunk* const known = find(fd)) {
        known->removals_of(fd).fetch_add(1, std::memory_order_relaxed);
        known->word_of(fd).fetch_and(~bit_of(fd), std::memory_order_relaxed);
    }
}

bool contains(int fd) noexcept {
    chunk* const known = find(fd);
    return known != nullptr &&
           (known->word_of(fd).load(std::memory_order_relaxed) & bit_of(fd)) != 0;
}

std::uint32_t generation(int fd) noexcept {
    chunk* const known = find(fd);
    if (known == nullptr || !known->has(fd))
        return 0;
    return known->removals_of(fd).load(std::memory_order_relaxed) + 1;
}

void close_in_child(std::span<const int> keep) noexcept {
    for (chunk* current = &lowest; current != nullptr; current = current->next)
        for (int first = current->first; first - current->first < chunk::size; first += bits) {
            std::uint64_t closing = current->word_of(first);
            for (const int fd : keep)
                if (fd >= first && fd - first < bits)
                    closing &= ~bit_of(fd);
            if (closing == 0)  // most are: to write to them would copy the parent's pages
                continue;
            current->word_of(first) &= ~closing;
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
