#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <cstddef>
#include <string_view>

namespace ringlet::detail {

/// Bytes between two that do not keep pace: added at the back, taken from the front, always in one
/// piece. It knows nothing of streams.
///
/// Memory is allocated when it is first needed, of the ordinary capacity; what has grown beyond
/// that is given back when less will do. It comes from the loop's frame_pool, where there is a
/// loop: to give it back and take it again costs next to nothing.
class byte_buffer {
public:
    /// With an ordinary capacity of 0 there is never more room than was asked for.
    explicit byte_buffer(std::size_t ordinary_capacity) noexcept : ordinary_(ordinary_capacity) {}
    byte_buffer(const byte_buffer&) = delete;
    byte_buffer& operator=(const byte_buffer&) = delete;
    ~byte_buffer() { release(); }

    /// What is in it; valid until bytes are added or memory is given back, even if taken by then.
    [[nodiscard]] std::string_view view() const noexcept { return {memory_ + begin_, size()}; }
    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    [[nodiscard]] std::size_t ordinary_capacity() const noexcept { return ordinary_; }

    /// How much memory it holds now.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Free memory behind the bytes, so much that there is room for `least` bytes in all, more than
    /// there are. Where it has to grow beyond the ordinary capacity, it takes twice what it had,
    /// within `least` and `most`. Throws std::bad_alloc.
    [[nodiscard]] mutable_buffer prepare(std::size_t least, std::size_t most);

    /// Adds the first `count` bytes of the memory that `prepare` has given.
    void commit(std::size_t count) noexcept { end_ += count; }

    /// Adds copies of `bytes` behind all others, and before them. Throws std::bad_alloc.
    void append(const_buffer bytes);
    void prepend(const_buffer bytes);

    /// Takes the first `count` bytes.
    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Takes all bytes and gives the memory back.
    void release() noexcept;

    /// No more bytes will be added: whoever adds them says so here to who takes them.
    void set_ended() noexcept { ended_ = true; }
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
