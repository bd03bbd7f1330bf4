#include "server_records.hpp"

#include <atomic>

namespace ringlet::detail {

namespace {

// Not inlined into a coroutine, where a compiler may keep the address of a thread_local across a
// suspension.
[[gnu::noinline]] std::size_t slot_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t slot = threads++ % server_records::thread_slots;
    return slot;
}

}  // namespace

counter_slot& server_records::counted() noexcept {
    return counters.slot(child_slot_ != 0 ? child_slot_ : slot_of_this_thread());
}

}  // namespace ringlet::detail
