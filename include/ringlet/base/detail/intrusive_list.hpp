#pragma once

#include <ringlet/base/detail/list_hook.hpp>

namespace ringlet::detail {

/// A doubly linked FIFO of objects that live elsewhere; `T` derives from list_hook. Nothing is
/// allocated, and every operation takes constant time, except `for_each`. The list owns nothing:
/// its destructor unlinks the members that are left.
template <class T>
class intrusive_list {
public:
    intrusive_list() noexcept { ends_.previous_ = ends_.next_ = &ends_; }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;
    ~intrusive_list() {
        while (!empty())
            front().unlink();
    }

    [[nodiscard]] bool empty() const noexcept { return ends_.next_ == &ends_; }
    [[nodiscard]] T& front() noexcept { return static_cast<T&>(*ends_.next_); }

    void push_back(T& member) noexcept {
        list_hook& hook = member;
        list_hook* const last = ends_.previous_;
        hook.previous_ = last;
        last->next_ = &hook;
        hook.next_ = &ends_;
        ends_.previous_ = &hook;
    }

    T& pop_front() noexcept {
        T& first = front();
        first.unlink();
        return first;
    }

    /// Moves every member of `other` to the end of this list, in their order.
    void splice_back(intrusive_list& other) noexcept {
        if (other.empty())
            return;
        other.ends_.next_->previous_ = ends_.previous_;
        other.ends_.previous_->next_ = &ends_;
        ends_.previous_->next_ = other.ends_.next_;
        ends_.previous_ = other.ends_.previous_;
        other.ends_.previous_ = other.ends_.next_ = &other.ends_;
    }

    /// Calls `visit` with each member. `visit` may unlink the member that it is given, and no
    /// other.
    template <class Visitor>
    void for_each(Visitor visit) {
        for (list_hook* hook = ends_.next_; hook != &ends_;) {
            list_hook* const next = hook->next_;
            visit(static_cast<T&>(*hook));
            hook = next;
        }
    }

private:
    list_hook ends_;  // next_ is the first member, previous_ the last
};

}  // namespace ringlet::detail
