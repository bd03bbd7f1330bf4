#pragma once

#include <array>
#include <cstddef>

namespace ringlet::detail {

/// Recycles the frames of coroutines: GCC elides none of them, and most calls of an async function
/// need a frame as large as one that has just been freed. The block freed last is the first to be
/// used again, since it is warm in the cache. There are size classes of 32 bytes up to 32 KiB.
///
/// Each loop has a pool. `allocate` and `deallocate` use the pool of the loop that runs in this
/// thread, or the global heap if no loop does. A block may come from the one and go back to the
/// other. But a pool keeps no more blocks of a size than it has given out: where frames are made in
/// one thread and end in another, as those of a server with threads, that other would keep blocks
/// for which nothing there asks.
///
/// One thread: the loop's.
class frame_pool {
public:
    /// Makes a pool that keeps at most `bytes_max` bytes of free blocks.
    explicit frame_pool(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}
    frame_pool(const frame_pool&) = delete;
    frame_pool& operator=(const frame_pool&) = delete;
    ~frame_pool();

    /// Gives a block of `size` bytes, aligned for any type of ordinary alignment. Throws
    /// std::bad_alloc.
    [[nodiscard]] static void* allocate(std::size_t size);

    /// Takes back a block that `allocate` has given for this `size`.
    static void deallocate(void* block, std::size_t size) noexcept;

    /// How many bytes of free blocks the pool keeps.
    [[nodiscard]] std::size_t cached_bytes() const noexcept { return bytes_; }

private:
    struct free_block {
        free_block* next;
    };

    static constexpr std::size_t granularity = 32;
    static constexpr std::size_t size_max = 32'768;  // a handler with a 16 KiB buffer fits
    static constexpr std::size_t classes = size_max / granularity + 1;

    /// The blocks of a size.
    struct shelf {
        free_block* free = nullptr;
        std::size_t given_out = 0;  // by this pool, less those that have come back to it
    };

    void* take(std::size_t size_class) noexcept;
    bool keep(void* block, std::size_t size_class) noexcept;

    std::array<shelf, classes + 1> shelves_{};
    std::size_t bytes_ = 0;
    std::size_t bytes_max_;
};

}  // namespace ringlet::detail
