#include "world.hpp"
#include "capture.hpp"
#include "node.hpp"
#include "run_watch.hpp"
#include "simulated_ring.hpp"
#include "stream_endpoint.hpp"
#include "watched_events.hpp"

#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/dump_tasks.hpp>

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace ringlet::testing::detail {

namespace {

constexpr std::chrono::microseconds latency_within_host{5};

}  // namespace

/// A job of a thread pool: it is done in this thread, after a while.
class world::offloaded final : public event_target {
public:
    offloaded(world& owner, thread_pool::job& given) : owner_(owner), job_(&given) {}

    void happen(unsigned /*what*/) override {
        if (thread_pool::job* const due = std::exchange(job_, nullptr)) {
            owner_.forget_offloaded(*this);
            run_watch::offloads(true);
            run(*due);
            run_watch::offloads(false);
        }
    }
    [[nodiscard]] bool is(const thread_pool::job& searched) const noexcept {
        return job_ == &searched;
    }
    void withdraw() noexcept { job_ = nullptr; }

private:
    world& owner_;
    thread_pool::job* job_;
};

world::world(const world_options& options)
    : options_(options), faults_(options.seed, options.faults, options.selected),
      trace_(options.records),
      captured_(options.capture_path.empty() ? nullptr
                                             : std::make_unique<capture>(options.capture_path)),
      watched_(std::make_unique<watched_events>()), steps_max_(options.steps_max),
      before_(stand_in::exchange(this)) {}

world::~world() {
    events_.clear();
    for (const auto& each : nodes_)
        each->close_all();
    events_.clear();
    for (const std::weak_ptr<stream_endpoint>& each : connections_)
        if (const std::shared_ptr<stream_endpoint> left = each.lock())
            left->let_go();
    leave();
}

world* world::current() noexcept {
    return static_cast<world*>(stand_in::current());
}

node& world::add_node(std::string name) {
    const auto index = static_cast<unsigned>(nodes_.size());
    nodes_.push_back(std::make_unique<node>(*this, index, std::move(name)));
    for (std::vector<link>& from : ways_)
        from.push_back({faults_.latency()});
    std::vector<link>& own = ways_.emplace_back(nodes_.size());
    for (std::size_t i = 0; i < index; ++i)
        own[i].latency = ways_[i][index].latency;
    own[index].latency = latency_within_host;
    if (current_node_ == nullptr)
        current_node_ = nodes_.front().get();
    return *nodes_.back();
}

node* world::find_node(std::string_view name) noexcept {
    const auto found = std::ranges::find(
        nodes_, name, [](const auto& each) { return std::string_view(each->name()); });
    return found == nodes_.end() ? nullptr : found->get();
}

node& world::set_current_node(node& entered) noexcept {
    return *std::exchange(current_node_, &entered);
}

node* world::node_at(node& from, const socket_name& searched) noexcept {
    if (searched.is_loopback())
        return &from;
    const auto found =
        std::ranges::find_if(nodes_, [&](const auto& each) { return each->has_address(searched); });
    return found == nodes_.end() ? nullptr : found->get();
}

bool world::passes(const node& from, const node& to) noexcept {
    const link& between = way(from, to);
    return to.running() && !between.held && now_ >= between.cut_until;
}

link& world::way(const node& from, const node& to) noexcept {
    return ways_[from.index()][to.index()];
}

void world::mend_ways() noexcept {
    for (std::vector<link>& from : ways_)
        for (link& each : from) {
            each.cut_until = {};
            each.held = false;
        }
}

void world::note(const node& where, happening what, std::uint64_t subject, std::uint64_t number) {
    trace_.note(elapsed(), where.index(), what, subject, number);
}

bool world::step(time_point until) {
    if (failed() && !ending_)
        return false;
    if (++steps_ > steps_max_) {
        if (!ending_)
            fail("more than " + std::to_string(options_.steps_max) +
                 " steps (simulate_options::steps_max): does a coroutine go on without an end?");
        return false;
    }
    turned_ = nullptr;
    run_watch::went_on();
    watched_->look();
    if (!events_.empty() && events_.next() <= now_) {
        events_.happen_next();
        return true;
    }
    if (turn_one())
        return true;
    const time_point next = std::min(next_time(), until);
    if (next == ring::no_deadline)
        return watched_->look_again();
    if (!ending_ && next - start > options_.time_max) {
        fail("more than " + seconds_text(options_.time_max) +
             " of simulated time (simulate_options::time_max)");
        return false;
    }
    now_ = std::max(now_, next);
    return true;
}

world::time_point world::next_time() noexcept {
    time_point next = events_.empty() ? ring::no_deadline : events_.next();
    for (const turned_loop& each : loops_)
        next = std::min(next, each.core->next_deadline());
    return next;
}

/// Turns one of the loops that have something to do, if there is one.
bool world::turn_one() {
    runnable_.clear();
    for (const turned_loop& each : loops_)
        if (each.core->has_work())
            runnable_.push_back(each);
    if (runnable_.empty())
        return false;
    turn(runnable_[faults_.choose(runnable_.size())]);
    return true;
}

void world::turn(turned_loop chosen) {
    node& before = set_current_node(*chosen.home);
    now_ += turn_time;
    trace_.note_unseen(static_cast<std::uint64_t>(elapsed().count()) ^ chosen.home->index());
    turned_ = &chosen.core->ring();
    chosen.core->turn_once();
    set_current_node(before);
}

void world::block(const simulated_ring& ring, unsigned wait_for, time_point deadline) {
    do {
        if (!step(deadline)) {
            fail("a loop waits, in a call that blocks the thread, for what will never happen");
            throw std::runtime_error(failure_);
        }
    } while (ring.ready() < wait_for && now_ < deadline && turned_ != &ring);
}

void world::fail(std::string why) {
    if (failed())
        return;
    failure_ = std::move(why);
    run_watch::add_last_words(failure_);
    if (current_node_ != nullptr)
        note(*current_node_, happening::failed, 0, 0);
}

void world::begin_end(std::uint64_t steps_more) noexcept {
    ending_ = true;
    steps_max_ = steps_ + steps_more;
}

std::string world::describe() {
    std::ostringstream text;
    for (const turned_loop& each : loops_) {
        text << "\nhost " << each.home->name() << ":\n";
        dump_tasks(each.core->owner(), text);
    }
    text << "\nsockets:\n";
    for (const auto& each : nodes_)
        text << each->describe();
    return text.str();
}

std::unique_ptr<ring> world::make_ring(const ring_options& options) {
    return std::make_unique<simulated_ring>(*this, current_node(), options);
}

network& world::net() noexcept {
    return current_node();
}

int world::submit(thread_pool::job& submitted) noexcept {
    const auto job = std::make_shared<offloaded>(*this, submitted);
    offloaded_.push_back(job);
    plan(faults_.offload_time(), job);
    return 0;
}

bool world::withdraw(thread_pool::job& submitted) noexcept {
    for (const std::shared_ptr<offloaded>& each : offloaded_)
        if (each->is(submitted)) {
            each->withdraw();
            forget_offloaded(*each);
            return true;
        }
    return false;
}

void world::forget_offloaded(const offloaded& done) noexcept {
    std::erase_if(offloaded_, [&](const auto& each) { return each.get() == &done; });
}

int world::look_up(const std::string& host, int family, std::vector<sockaddr_storage>& found) {
    if (const node* const named = find_node(host))
        named->add_addresses(family, found);
    else if (host == "localhost")
        node::add_loopback(family, found);
    else
        return EAI_NONAME;
    return found.empty() ? EAI_ADDRFAMILY : 0;
}

void world::add(ringlet::detail::loop_core& turned) {
    loops_.push_back({&turned, &static_cast<simulated_ring&>(turned.ring()).home()});
}

void world::remove(ringlet::detail::loop_core& turned) noexcept {
    std::erase_if(loops_, [&](const turned_loop& each) { return each.core == &turned; });
}

void world::refuse(const char* what, const char* instead) {
    fail(std::string(what) + " cannot be had in a simulation; " + instead);
    throw std::logic_error(failure_);
}

}  // namespace ringlet::testing::detail
