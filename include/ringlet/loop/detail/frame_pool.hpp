#pragma once

#include <array>
#include <cstddef>

namespace ringlet::detail {

/// Recycles the frames of coroutines: GCC elides none of them, and most calls of an async function
/// want a frame as large as one that has just been freed. Last in, first out, so that what comes
/// back is warm in the cache; in size classes of 32 bytes up to 32 KiB.
///
/// Each loop has one. `allocate` and `deallocate` use that of the loop that runs in this thread, or
/// the global heap where none does; a block may come from one and go back to the other.
class frame_pool {
public:
    /// Keeps at most `bytes_max` bytes of free blocks.
    explicit frame_pool(std::size_t bytes_max) noexcept : bytes_max_(bytes_max) {}
    frame_pool(const frame_pool&) = delete;
    frame_pool& operator=(const frame_pool&) = delete;
    ~frame_pool();

    /// Throws std::bad_alloc. Aligned for any type of ordinary alignment.
    [[nodiscard]] static void* allocate(std::size_t size);

    /// `size` is what `allocate` was asked for.
    static void deallocate(void* block, std::size_t size) noexcept;

    /// How many bytes of free blocks are kept now.
    [[nodiscard]] std::size_t cached_bytes() const noexcept { return bytes_; }

private:
    struct free_block {
        free_block* next;
    };

    static constexpr std::size_t granularity = 32;
    static constexpr std::size_t size_max = 32'768;  // a handler with a 16 KiB buffer fits
    static constexpr std::size_t classes = size_max / granularity + 1;

    void* take(std::size_t size_class) noexcept;
    bool keep(void* block, std::size_t size_class) noexcept;

    std::array<free_block*, classes + 1> free_{};
    std::size_t bytes_ = 0;
    std::size_t bytes_max_;
};

}  // namespace ringlet::detail
