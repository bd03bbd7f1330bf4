#include "chaos.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>

namespace ringlet::testing::detail {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t window_without_faults = std::size_t{128} << 10U;

// As many small values as large ones: each doubling of `least` is as likely.
std::uint64_t by_magnitude(random_source& source, std::uint64_t least, std::uint64_t most) {
    least = std::max<std::uint64_t>(least, 1);
    if (most <= least)
        return least;
    const auto doublings = static_cast<std::uint64_t>(std::bit_width(most / least));
    const std::uint64_t floor = least << source.below(doublings);
    return std::min(source.between(floor, 2 * floor), most);
}

std::uint64_t count_of(nanoseconds time) {
    return static_cast<std::uint64_t>(std::max<nanoseconds::rep>(time.count(), 0));
}

}  // namespace

chaos::chaos(std::uint64_t seed, const fault_options& limits, const fault_selection& selected)
    : selected_(selected), share_(limits), latency_(seed, "latency"), window_(seed, "window"),
      receiving_(seed, "receive"), sending_(seed, "send"), completing_(seed, "complete"),
      accepting_(seed, "accept"), connecting_(seed, "connect"), resetting_(seed, "reset"),
      datagrams_(seed, "datagram"), cutting_(seed, "cut"), offloading_(seed, "offload"),
      order_(seed, "order") {
    random_source drawing(seed, "faults");
    for (std::size_t i = 0; i < fault_count; ++i) {
        const bool drawn = drawing.chance(0.5);
        const double part = static_cast<double>(drawing.between(1, 1000)) / 1000;
        bool possible = !selected_.left_out.test(i);
        if (double fault_options::*const probability = fault_kinds[i].probability) {
            share_.*probability *= part;
            possible = possible && share_.*probability > 0;
        }
        present_.set(i, drawn && possible);
    }
    drawn_ = present_;
}

void chaos::calm() noexcept {
    present_.reset();
}

nanoseconds chaos::latency() noexcept {
    return nanoseconds(
        by_magnitude(latency_, count_of(share_.latency_min), count_of(share_.latency_max)));
}

nanoseconds chaos::jitter() noexcept {
    return on(fault::jitter) ? latency_.between(nanoseconds(0), share_.jitter_max) : nanoseconds(0);
}

std::size_t chaos::window() noexcept {
    return on(fault::small_window) ? by_magnitude(window_, share_.window_min, share_.window_max)
                                   : window_without_faults;
}

std::size_t chaos::window_now(std::size_t drawn) const noexcept {
    return on(fault::small_window) ? drawn : std::max(drawn, window_without_faults);
}

std::size_t chaos::received_of(std::size_t available) noexcept {
    return part_of(available, fault::short_receive, receiving_);
}

std::size_t chaos::sent_of(std::size_t available) noexcept {
    return part_of(available, fault::short_send, sending_);
}

nanoseconds chaos::lateness() noexcept {
    return time_of(fault::late_completion, completing_, nanoseconds(1), share_.late_completion_max);
}

int chaos::accept_error() noexcept {
    constexpr std::array errors{EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED};
    if (!comes(fault::accept_failure, accepting_))
        return 0;
    const int error = errors[accepting_.below(errors.size())];
    return occurs(fault::accept_failure) ? error : 0;
}

bool chaos::refuses_connect() noexcept {
    return happens(fault::connect_refused, connecting_);
}

bool chaos::connect_hangs() noexcept {
    return happens(fault::connect_hangs, connecting_);
}

bool chaos::resets() noexcept {
    return happens(fault::reset, resetting_);
}

bool chaos::loses_datagram() noexcept {
    return happens(fault::datagram_lost, datagrams_);
}

bool chaos::duplicates_datagram() noexcept {
    return happens(fault::datagram_duplicated, datagrams_);
}

nanoseconds chaos::datagram_delay() noexcept {
    return time_of(fault::datagram_delayed, datagrams_, nanoseconds(0),
                   4 * (share_.jitter_max + share_.latency_min));
}

bool chaos::has_no_buffers() noexcept {
    return happens(fault::datagram_no_buffers, datagrams_);
}

nanoseconds chaos::cut() noexcept {
    return time_of(fault::cut, cutting_, nanoseconds(1), share_.cut_max);
}

nanoseconds chaos::offload_time() noexcept {
    return on(fault::slow_offload) ? offloading_.between(nanoseconds(0), share_.offload_max)
                                   : nanoseconds(1000);
}

std::size_t chaos::choose(std::size_t bound) noexcept {
    return bound < 2 ? 0 : order_.below(bound);
}

bool chaos::comes(fault kind, random_source& source) const noexcept {
    return on(kind) &&
           source.chance(share_.*fault_kinds[static_cast<std::size_t>(kind)].probability);
}

bool chaos::occurs(fault kind) noexcept {
    const auto index = static_cast<std::size_t>(kind);
    return selected_.keeps(index, ++injected_[index]);
}

bool chaos::happens(fault kind, random_source& source) noexcept {
    return comes(kind, source) && occurs(kind);
}

std::size_t chaos::part_of(std::size_t whole, fault kind, random_source& source) noexcept {
    if (whole <= 1 || !comes(kind, source))
        return whole;
    const std::size_t part = source.between(1, source.chance(0.5) ? 1 : whole);
    return occurs(kind) ? part : whole;
}

nanoseconds chaos::time_of(fault kind, random_source& source, nanoseconds least,
                           nanoseconds most) noexcept {
    if (!comes(kind, source))
        return nanoseconds(0);
    const nanoseconds time = source.between(least, most);
    return occurs(kind) ? time : nanoseconds(0);
}

}  // namespace ringlet::testing::detail

namespace ringlet::testing {

fault_options fault_options::none() noexcept {
    fault_options options;
    options.jitter_max = options.late_completion_max = options.cut_max = options.offload_max = {};
    for (const detail::fault_kind& each : detail::fault_kinds)
        if (each.probability != nullptr)
            options.*each.probability = 0;
    options.latency_max = options.latency_min;
    options.window_min = options.window_max;
    return options;
}

}  // namespace ringlet::testing
