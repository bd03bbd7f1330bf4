#include "counter_store.hpp"

#include <ringlet/base/detail/check.hpp>

namespace ringlet::detail {

namespace {

/// Adds one slot to `sums`. It reads the ended requests before the begun ones: a request whose end
/// it sees has begun before.
void add(server_counters& sums, const counter_slot& slot) noexcept {
    const auto read = [](const counter_slot::counter& counter) {
        return counter.load(std::memory_order_acquire);
    };
    const auto failed = [&](failure_cause cause) { return read(slot.failed_by(cause)); };

    const std::uint64_t finished = read(slot.finished);
    const server_counters::failures failures{
        .timed_out = failed(failure_cause::timed_out),
        .reset = failed(failure_cause::reset),
        .cancelled = failed(failure_cause::cancelled),
        .other = failed(failure_cause::other),
        .child_lost = failed(failure_cause::child_lost),
    };
    sums.active += read(slot.begun) - finished - failures.total();
    sums.finished += finished;
    sums.failed.timed_out += failures.timed_out;
    sums.failed.reset += failures.reset;
    sums.failed.cancelled += failures.cancelled;
    sums.failed.other += failures.other;
    sums.failed.child_lost += failures.child_lost;

    sums.accepted += read(slot.accepted);
    sums.refused += read(slot.refused);
    sums.bytes_received += read(slot.bytes_received);
    sums.bytes_sent += read(slot.bytes_sent);
    sums.packets_received += read(slot.packets_received);
    sums.packets_sent += read(slot.packets_sent);
    sums.replies_dropped += read(slot.replies_dropped);
    sums.accept_pauses += read(slot.accept_pauses);
    sums.children_started += read(slot.children_started);
    sums.children_lost += read(slot.children_lost);
}

}  // namespace

counter_slot& counter_store::slot(std::size_t index) noexcept {
    check(index < slots_.size(), "a counter slot was asked for that there is not; make the "
                                 "counter_store as large as there are threads and children");
    return slots_[index];
}

server_counters counter_store::snapshot() const noexcept {
    server_counters sums;
    for (const counter_slot& slot : slots_)
        add(sums, slot);
    return sums;
}

std::uint64_t counter_store::settle_lost(std::size_t index) noexcept {
    server_counters counts;
    add(counts, slot(index));
    slot(index).fail(failure_cause::child_lost, counts.active);
    return counts.active;
}

}  // namespace ringlet::detail
