#pragma once

namespace ringlet::detail {

/// The base of every class whose objects can be members of an intrusive_list, of one list at a
/// time. An object leaves its list when it is destroyed.
class list_hook {
public:
    list_hook() noexcept = default;
    list_hook(const list_hook&) = delete;
    list_hook& operator=(const list_hook&) = delete;
    ~list_hook() { unlink(); }

    /// Whether the object is a member of a list.
    [[nodiscard]] bool linked() const noexcept { return next_ != nullptr; }

    /// Takes the object out of its list, if it is in one, in constant time.
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
