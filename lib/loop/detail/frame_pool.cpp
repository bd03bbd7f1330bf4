#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <new>
#include <utility>

namespace ringlet::detail {

namespace {

// The heap keeps a word beside each block, and rounds up what it takes: with that word blocks are
// multiples of the granularity, and nothing is lost between them.
constexpr std::size_t heap_word = sizeof(void*);

constexpr std::size_t class_of(std::size_t size, std::size_t granularity) noexcept {
    return (size + heap_word + granularity - 1) / granularity;
}

constexpr std::size_t block_size(std::size_t size_class, std::size_t granularity) noexcept {
    return size_class * granularity - heap_word;
}

}  // namespace

frame_pool::~frame_pool() {
    for (const shelf& each : shelves_)
        for (free_block* block = each.free; block != nullptr;)
            ::operator delete(std::exchange(block, block->next));
}

// Every block is as large as its class, so that any pool can keep it.
void* frame_pool::allocate(std::size_t size) {
    const std::size_t size_class = class_of(size, granularity);
    if (loop_core* const current = loop_core::current();
        current != nullptr && size_class <= classes)
        if (void* const block = current->frames().take(size_class))
            return block;
    return ::operator new(block_size(size_class, granularity));
}

void frame_pool::deallocate(void* block, std::size_t size) noexcept {
    const std::size_t size_class = class_of(size, granularity);
    loop_core* const current = loop_core::current();
    if (current != nullptr && size_class <= classes && current->frames().keep(block, size_class))
        return;
    ::operator delete(block);
}

void* frame_pool::take(std::size_t size_class) noexcept {
    shelf& from = shelves_[size_class];
    ++from.given_out;
    free_block* const block = from.free;
    if (block == nullptr)
        return nullptr;
    from.free = block->next;
    bytes_ -= block_size(size_class, granularity);
    return block;
}

bool frame_pool::keep(void* block, std::size_t size_class) noexcept {
    shelf& to = shelves_[size_class];
    if (to.given_out == 0)
        return false;
    --to.given_out;
    const std::size_t bytes = block_size(size_class, granularity);
    if (bytes_ + bytes > bytes_max_)
        return false;
    to.free = ::new (block) free_block{to.free};
    bytes_ += bytes;
    return true;
}

}  // namespace ringlet::detail
