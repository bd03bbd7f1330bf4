#include "server_records.hpp"

#include <atomic>

namespace ringlet::detail {

namespace {

// Not inlined into a coroutine, where a compiler may keep the address of a thread_local across a
// suspension.
[[gnu::noinline]] std::size_t slot_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    // A thread's number, from 1 on; 0 until it is drawn. It is no object that is made in each
    // thread, and not ld.so's to find: both would take more time than the counting.
    [[gnu::tls_model("initial-exec")]] static thread_local std::size_t number = 0;
    if (number == 0)
        number = ++threads;
    return (number - 1) % server_records::thread_slots;
}

}  // namespace

counter_slot& server_records::counted() noexcept {
    return counters.slot(child_slot_ != 0 ? child_slot_ : slot_of_this_thread());
}

}  // namespace ringlet::detail
