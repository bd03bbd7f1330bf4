#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <cstddef>
#include <string_view>

namespace ringlet::detail {

/// Bytes on their way from a fast side to a slow one: they are added at the back and taken from the
/// front, and are always in one piece. The buffer knows nothing of streams.
///
/// The buffer allocates its memory when it first needs some, of the ordinary capacity. It gives
/// memory that has grown beyond that back when less will do. The memory comes from the loop's
/// frame_pool, if a loop runs in this thread: to give it back and take it again costs next to
/// nothing.
class byte_buffer {
public:
    /// Makes an empty buffer. With an ordinary capacity of 0 it never has more room than was asked
    /// for.
    explicit byte_buffer(std::size_t ordinary_capacity) noexcept : ordinary_(ordinary_capacity) {}
    byte_buffer(const byte_buffer&) = delete;
    byte_buffer& operator=(const byte_buffer&) = delete;
    ~byte_buffer() { release(); }

    /// The bytes in the buffer. Lifetime: the view is valid until bytes are added or memory is
    /// given back, even if the bytes have been taken by then.
    [[nodiscard]] std::string_view view() const noexcept { return {memory_ + begin_, size()}; }

    /// How many bytes are in the buffer.
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    [[nodiscard]] std::size_t ordinary_capacity() const noexcept { return ordinary_; }

    /// How many bytes of memory the buffer holds.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Gives the free memory behind the bytes: so much that there is room for `least` bytes in all,
    /// which is more than there are. A buffer that has to grow beyond the ordinary capacity doubles
    /// its memory, within `least` and `most`. Throws std::bad_alloc.
    [[nodiscard]] mutable_buffer prepare(std::size_t least, std::size_t most);

    /// Adds the first `count` bytes of the memory that `prepare` has given.
    void commit(std::size_t count) noexcept { end_ += count; }

    /// Adds a copy of `bytes` behind all others. Throws std::bad_alloc.
    void append(const_buffer bytes);

    /// Adds a copy of `bytes` before all others. Throws std::bad_alloc.
    void prepend(const_buffer bytes);

    /// Takes the first `count` bytes.
    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Takes all bytes and gives the memory back.
    void release() noexcept;

    /// Notes that no more bytes will be added.
    void set_ended() noexcept { ended_ = true; }

    /// Whether `set_ended` has been called.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    void compact() noexcept;
    void reallocate(std::size_t capacity, std::size_t begin = 0);

    char* memory_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t ordinary_;
    bool ended_ = false;
};

}  // namespace ringlet::detail
