#include "counter_store.hpp"

#include <ringlet/base/detail/check.hpp>

namespace ringlet::detail {

namespace {

/// Reads the ends with an exception.
server_counters::failures read_failures(const counter_slot::causes_counted& ends) noexcept {
    const auto read = [&](failure_cause cause) { return counter_slot::number(ends, cause); };
    return {
        .timed_out = read(failure_cause::timed_out),
        .reset = read(failure_cause::reset),
        .cancelled = read(failure_cause::cancelled),
        .other = read(failure_cause::other),
        .child_lost = read(failure_cause::child_lost),
    };
}

void add(server_counters::failures& sums, const server_counters::failures& failures) noexcept {
    sums.timed_out += failures.timed_out;
    sums.reset += failures.reset;
    sums.cancelled += failures.cancelled;
    sums.other += failures.other;
    sums.child_lost += failures.child_lost;
}

/// Adds one slot to `sums`. It reads the ended requests before the begun ones: a request whose end
/// it sees has begun before.
void add(server_counters& sums, const counter_slot& slot) noexcept {
    const auto read = [](const counter_slot::counter& counter) {
        return counter.load(std::memory_order_acquire);
    };
    const std::uint64_t finished = read(slot.finished);
    const server_counters::failures failures = read_failures(slot.failed);
    sums.active += read(slot.begun) - finished - failures.total();
    sums.finished += finished;
    add(sums.failed, failures);

    const std::uint64_t established = read(slot.established);
    const server_counters::failures establish_failures = read_failures(slot.establish_failed);
    sums.establishing += read(slot.establish_begun) - established - establish_failures.total();
    sums.established += established;
    add(sums.establish_failed, establish_failures);

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
    slot(index).fail_establishing(failure_cause::child_lost, counts.establishing);
    slot(index).refused.fetch_add(counts.establishing, std::memory_order_relaxed);
    return counts.active + counts.establishing;
}

}  // namespace ringlet::detail
