#pragma once

namespace ringlet::detail {

/// What a class derives from to be a member of an intrusive_list, of one at a time.
/// A hook leaves its list when it is destroyed.
class list_hook {
public:
    list_hook() noexcept = default;
    list_hook(const list_hook&) = delete;
    list_hook& operator=(const list_hook&) = delete;
    ~list_hook() { unlink(); }

    [[nodiscard]] bool linked() const noexcept { return next_ != nullptr; }

    /// Leaves the list, if it is in one; in constant time.
    void unlink() noexcept {
        if (next_ == nullptr)
            return;
        previous_->next_ = next_;
        next_->previous_ = previous_;
        previous_ = next_ = nullptr;
    }

private:
    template <class T>
    friend class intrusive_list;

    list_hook* previous_ = nullptr;
    list_hook* next_ = nullptr;
};

}  // namespace ringlet::detail
