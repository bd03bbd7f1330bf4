#pragma once

#include "base/detail/stand_in.hpp"
#include "chaos.hpp"
#include "event_queue.hpp"
#include "trace.hpp"

#include <ringlet/ring/ring.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::testing::detail {

class capture;
class node;
class simulated_ring;
class stream_endpoint;
struct socket_name;
class watched_events;

/// How far a run may go, and what it does beside.
struct world_options {
    std::uint64_t seed = 0;
    fault_options faults{};
    fault_selection selected{};
    std::chrono::nanoseconds time_max = std::chrono::hours(24);
    std::uint64_t steps_max = 1'000'000;
    bool records = false;
    std::string capture_path{};           // where all that is sent is written; empty for nowhere
    std::uint64_t failing_operation = 0;  // the one that fails, counted from 1; 0 for none

    /// Whether tasks may throw, since it is the simulation that has them fail.
    [[nodiscard]] bool may_throw() const noexcept { return failing_operation > 0; }
};

/// The way of bytes from one host to another.
struct link {
    std::chrono::nanoseconds latency{0};
    ring::clock::time_point cut_until{};
    ring::clock::time_point next_draw{};
    bool held = false;
};

/// A whole simulated world: its time, its hosts with their networks, and all the loops that run in
/// it. It turns the loops one after the other, in this thread, and lets time pass only where none
/// of them has anything to do.
///
/// One thread: the one that made it, whose stand-in it is while it lives.
class world final : public ringlet::detail::stand_in {
public:
    using time_point = ring::clock::time_point;
    using nanoseconds = std::chrono::nanoseconds;

    explicit world(const world_options& options);
    world(const world&) = delete;
    world& operator=(const world&) = delete;
    ~world();

    // Time.

    [[nodiscard]] time_point now() const noexcept override { return now_; }
    [[nodiscard]] nanoseconds elapsed() const noexcept { return now_ - start; }

    /// Plans an event after a time.
    void plan(nanoseconds after, std::shared_ptr<event_target> target, unsigned what = 0) {
        events_.plan(now_ + after, std::move(target), what);
    }
    void plan_at(time_point when, std::shared_ptr<event_target> target, unsigned what = 0) {
        events_.plan(when, std::move(target), what);
    }

    // Hosts.

    node& add_node(std::string name);
    [[nodiscard]] node* find_node(std::string_view name) noexcept;
    [[nodiscard]] const std::vector<std::unique_ptr<node>>& nodes() const noexcept {
        return nodes_;
    }

    /// The host whose code runs.
    [[nodiscard]] node& current_node() const noexcept { return *current_node_; }
    node& set_current_node(node& entered) noexcept;

    /// The host that has an IP address, seen from another one; nullptr if none has it.
    [[nodiscard]] node* node_at(node& from, const socket_name& searched) noexcept;

    /// Whether what arrives now gets from one host to another, which must run.
    [[nodiscard]] bool passes(const node& from, const node& to) noexcept;

    /// The way from one host to another.
    [[nodiscard]] link& way(const node& from, const node& to) noexcept;

    /// Restores all ways between hosts.
    void mend_ways() noexcept;

    [[nodiscard]] chaos& faults() noexcept { return faults_; }
    [[nodiscard]] trace& noted() noexcept { return trace_; }
    void note(const node& where, happening what, std::uint64_t subject, std::uint64_t number);

    /// Notes an end of a connection that has no descriptor yet. Where it never gets one, the two
    /// ends are parted with the world, since each keeps the other.
    void note_connection(std::weak_ptr<stream_endpoint> end) {
        connections_.push_back(std::move(end));
    }

    /// The file of all that is sent, or nullptr.
    [[nodiscard]] capture* captured() const noexcept { return captured_.get(); }

    /// Whether the operation of a socket that begins now is the one that has to fail.
    [[nodiscard]] bool next_operation_fails() noexcept {
        return ++operations_ == options_.failing_operation;
    }
    [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }

    // Running.

    /// Lets one thing happen: an event that is due, a turn of a loop, or the passing of time up to
    /// `until`. False if there is nothing that could happen by then.
    bool step(time_point until = ring::no_deadline);

    /// Lets things happen until `ring` has `wait_for` completions or the deadline has passed: for a
    /// loop that blocks its thread. Throws std::runtime_error where that would never end.
    void block(const simulated_ring& ring, unsigned wait_for, time_point deadline);

    /// Ends the run with a sentence; the first one counts.
    void fail(std::string why);

    /// Lets things happen again after a failure, so that all tasks can end, for some more steps.
    void begin_end(std::uint64_t steps_more) noexcept;

    /// Stops standing in for the system, for good.
    void leave() noexcept { stand_in::exchange(before_); }

    /// The world that stands in for the system in this thread, or nullptr.
    [[nodiscard]] static world* current() noexcept;
    [[nodiscard]] bool failed() const noexcept { return !failure_.empty(); }
    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
    [[nodiscard]] const world_options& options() const noexcept { return options_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

    /// What waits in every loop, and every open socket, as text.
    [[nodiscard]] std::string describe();

    /// The real descriptors of events (eventfd(2)) that operations wait for.
    [[nodiscard]] watched_events& events_of_system() noexcept { return *watched_; }

    // The stand-in for the system.

    std::unique_ptr<ring> make_ring(const ring_options& options) override;
    network& net() noexcept override;
    int submit(thread_pool::job& submitted) noexcept override;
    bool withdraw(thread_pool::job& submitted) noexcept override;
    int look_up(const std::string& host, int family, std::vector<sockaddr_storage>& found) override;
    void add(ringlet::detail::loop_core& turned) override;
    void remove(ringlet::detail::loop_core& turned) noexcept override;
    [[noreturn]] void refuse(const char* what, const char* instead) override;

private:
    struct turned_loop {
        ringlet::detail::loop_core* core;
        node* home;
    };
    class offloaded;

    static constexpr time_point start{std::chrono::hours(1)};
    static constexpr nanoseconds turn_time = std::chrono::microseconds(1);

    void forget_offloaded(const offloaded& done) noexcept;
    bool turn_one();
    void turn(turned_loop chosen);
    [[nodiscard]] time_point next_time() noexcept;

    const world_options options_;
    time_point now_ = start;
    event_queue events_;
    chaos faults_;
    trace trace_;
    std::unique_ptr<capture> captured_;
    std::unique_ptr<watched_events> watched_;
    std::vector<std::unique_ptr<node>> nodes_;
    std::vector<std::vector<link>> ways_;
    node* current_node_ = nullptr;
    std::vector<std::weak_ptr<stream_endpoint>> connections_;
    std::vector<turned_loop> loops_;
    std::vector<turned_loop> runnable_;
    const ring* turned_ = nullptr;  // by the last step
    std::vector<std::shared_ptr<offloaded>> offloaded_;
    std::uint64_t steps_ = 0;
    std::uint64_t operations_ = 0;
    std::uint64_t steps_max_;
    std::string failure_;
    bool ending_ = false;
    stand_in* before_;
};

}  // namespace ringlet::testing::detail
