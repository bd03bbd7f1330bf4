#pragma once

#include <ringlet/tls/counters.hpp>
#include <ringlet/tls/errc.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace ringlet::tls::detail {

/// The counters of a context, in memory that forked children share. They only grow. Thread-safe.
class alignas(64) counter_block {
public:
    /// The counts as they are now. No more handshakes have ended than begun.
    [[nodiscard]] counters snapshot() const noexcept {
        const auto read = [](const counter& counted) {
            return counted.load(std::memory_order_acquire);
        };
        const auto failed = [&](failure_cause cause) {
            return read(failed_[static_cast<std::size_t>(cause)]);
        };
        counters sums;
        sums.resumed = read(resumed_);  // before those of which it is a part
        sums.handshakes = read(succeeded_);
        sums.failed = {
            .timed_out = failed(failure_cause::timed_out),
            .gone = failed(failure_cause::gone),
            .cancelled = failed(failure_cause::cancelled),
            .certificate = failed(failure_cause::certificate),
            .no_match = failed(failure_cause::no_match),
            .not_tls = failed(failure_cause::not_tls),
            .other = failed(failure_cause::other),
        };
        sums.in_progress = read(begun_) - sums.handshakes - sums.failed.total();
        sums.reloads = read(reloads_);
        sums.failed_reloads = read(failed_reloads_);
        return sums;
    }

    void begin() noexcept { add(begun_); }
    void succeed(bool resumed) noexcept {
        add(succeeded_);
        if (resumed)
            add(resumed_);
    }
    void fail(std::error_code error) noexcept {
        add(failed_[static_cast<std::size_t>(cause_of(error))]);
    }
    void reload(bool succeeded) noexcept { add(succeeded ? reloads_ : failed_reloads_); }

private:
    using counter = std::atomic<std::uint64_t>;
    static_assert(counter::is_always_lock_free);  // processes cannot share a lock

    static void add(counter& counted) noexcept { counted.fetch_add(1, std::memory_order_release); }

    counter begun_{0};
    counter succeeded_{0};
    counter resumed_{0};
    std::array<counter, 7> failed_{};
    counter reloads_{0};
    counter failed_reloads_{0};
};

}  // namespace ringlet::tls::detail
