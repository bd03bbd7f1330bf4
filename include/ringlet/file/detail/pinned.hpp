#pragma once

#include <ringlet/base/detail/check.hpp>

#include <cstddef>

namespace ringlet::detail {

/// A member of a file: what must neither move nor end while operations refer to it, of which it
/// takes any number at once. (A socket takes one each way: see direction.)
///
/// One thread: the loop's.
class pinned {
public:
    /// Holds it in place as long as it lives: a member of each operation.
    class pin {
    public:
        explicit pin(const pinned& held) noexcept : held_(held) { ++held_.pins_; }
        pin(const pin&) = delete;
        pin& operator=(const pin&) = delete;
        ~pin() { --held_.pins_; }

    private:
        const pinned& held_;
    };

    pinned() noexcept = default;

    /// Moving is for what nothing refers to.
    pinned(pinned&& other) noexcept { other.check_free_to_move(); }
    pinned& operator=(pinned&& other) noexcept {
        check_free_to_move();
        other.check_free_to_move();
        return *this;
    }
    ~pinned() {
        check(!in_use(), "a file was destroyed while an operation on it was pending; "
                         "await the operation first");
    }

    [[nodiscard]] bool in_use() const noexcept { return pins_ > 0; }

private:
    void check_free_to_move() const noexcept {
        check(!in_use(), "a file was moved while an operation on it was pending; await the "
                         "operation first");
    }

    mutable std::size_t pins_ = 0;
};

}  // namespace ringlet::detail
