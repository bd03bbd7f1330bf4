#include "simulation_run.hpp"
#include "base/detail/exception_text.hpp"
#include "node.hpp"

#include <ringlet/loop/detail/loop_core.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ringlet::testing::detail {

namespace {

constexpr std::uint64_t steps_to_end_least = 2000;

/// Names the event that waits for rest, while its coroutine waits.
class awaited_rest {
public:
    awaited_rest(event*& place, event& rest) noexcept : place_(place) { place_ = &rest; }
    awaited_rest(const awaited_rest&) = delete;
    awaited_rest& operator=(const awaited_rest&) = delete;
    ~awaited_rest() { place_ = nullptr; }

private:
    event*& place_;
};

}  // namespace

simulation_run::simulation_run(const simulate_options& options, const world_options& of_world)
    : options_(options), world_(std::make_unique<world>(of_world)), simulation_(*this, *world_) {}

// Where tasks are left after a failure, they and all that they use are abandoned.
simulation_run::~simulation_run() {
    const bool abandoned = !all_ended();
    hosts_.clear();
    if (abandoned)
        world_.release()->leave();
}

host_runner& simulation_run::add_host(std::string_view name) {
    node& home = world_->add_node(std::string(name));
    return *hosts_.emplace_back(std::make_unique<host_runner>(*world_, home));
}

simulated_host& simulation_run::host(std::string_view name) {
    const auto known = std::ranges::find(
        hosts_, name, [](const auto& each) { return std::string_view(each->home().name()); });
    return known == hosts_.end() ? add_host(name).handle() : (*known)->handle();
}

run_outcome simulation_run::run(const scenario& body) {
    host_runner& own = add_host(scenario_host);
    own.spawn(play(body));
    run_to_end_of_scenario();
    run_outcome outcome;
    if (world_->failed())
        outcome.state = world_->describe();
    end_all_tasks();
    check_what_is_left();
    outcome.failure = world_->failure();
    world_->noted().note_unseen(world_->steps());
    world_->noted().note_unseen(simulation_.random()());  // as many were drawn before
    outcome.digest = world_->noted().digest();
    outcome.steps = world_->steps();
    outcome.operations = world_->operations();
    outcome.simulated = world_->elapsed();
    outcome.faults = world_->faults().drawn();
    outcome.injected = world_->faults().injected();
    if (world_->noted().records())
        for (const auto& each : world_->nodes())
            outcome.hosts.push_back(each->name());
    outcome.noted = std::move(world_->noted());
    return outcome;
}

task<> simulation_run::play(const scenario& body) {
    try {
        co_await body(simulation_);
    } catch (const violation&) {  // the world knows of it
    } catch (...) {
        if (!world_->options().may_throw())
            world_->fail(std::string("the scenario failed: ") +
                         ringlet::detail::exception_text(std::current_exception()));
    }
    scenario_ended_ = true;
    invariants_.clear();  // with the sockets that they may own
}

void simulation_run::run_to_end_of_scenario() {
    while (!scenario_ended_ && !world_->failed()) {
        if (rest_ != nullptr && !calm_ && (all_ended_but_scenario() || world_->now() >= calm_from_))
            begin_calm();
        if (rest_ != nullptr && calm_ && (all_ended_but_scenario() || world_->now() >= calm_until_))
            end_calm();
        else if (world_->step(rest_ != nullptr && !calm_ ? calm_from_ : ring::no_deadline))
            check_invariants();
        else if (!world_->failed())
            end_calm();
    }
}

void simulation_run::begin_calm() {
    calm_ = true;
    calm_until_ = world_->now() + options_.calm_max;
    world_->faults().calm();
    world_->mend_ways();
}

/// Nothing happens any more by itself, or that has not come to pass in time.
void simulation_run::end_calm() {
    if (rest_ == nullptr)
        world_->fail("standstill: nothing can happen any more, and the scenario waits");
    else if (world_->now() >= calm_until_)
        world_->fail("no rest within " + seconds_text(options_.calm_max) +
                     " of calm (simulate_options::calm_max)");
    else
        hosts_.front()->loop().core().begin_here([this] { std::exchange(rest_, nullptr)->set(); });
}

void simulation_run::check_invariants() {
    if (scenario_ended_)
        return;
    try {
        for (const auto& check : invariants_)
            check();
    } catch (const violation&) {  // the world knows of it
    } catch (...) {
        world_->fail(std::string("an invariant failed: ") +
                     ringlet::detail::exception_text(std::current_exception()));
    }
}

task<> simulation_run::calm() {
    if (loop::current() != &hosts_.front()->loop() || rest_ != nullptr)
        throw std::logic_error("simulation::calm: only the scenario itself can await calm, and not "
                               "twice at a time; a task on a host would wait for its own end");
    event rest;
    const awaited_rest awaited(rest_, rest);
    calm_from_ = world_->now() + options_.chaos_time;
    calm_until_ = calm_ ? world_->now() + options_.calm_max : world::time_point::max();
    co_await rest.wait();
}

bool simulation_run::all_ended() const noexcept {
    return std::ranges::all_of(hosts_, [](const auto& each) { return each->running() == 0; });
}

bool simulation_run::all_ended_but_scenario() const noexcept {
    return std::all_of(hosts_.begin() + 1, hosts_.end(),
                       [](const auto& each) { return each->running() == 0; });
}

/// Cancels all tasks and lets them end, after a failure too, so that nothing is left behind. The
/// scenario ends last, since the others may refer to what it has, such as a server.
void simulation_run::end_all_tasks() {
    world_->begin_end(steps_to_end_least + world_->steps());  // as many as the run has taken
    world_->faults().calm();
    world_->mend_ways();
    rest_ = nullptr;
    std::for_each(hosts_.begin() + 1, hosts_.end(), [](const auto& each) { each->cancel(); });
    while (!all_ended_but_scenario() && world_->step()) {
    }
    hosts_.front()->cancel();
    while (!all_ended() && world_->step()) {
    }
    if (!all_ended())
        world_->fail("a task does not end though it is cancelled:" + world_->describe());
}

void simulation_run::check_what_is_left() {
    if (world_->failed())
        return;
    for (const auto& each : hosts_)
        if (each->home().open_descriptors() > 0)
            world_->fail("sockets were left open:\n" + each->home().describe());
}

}  // namespace ringlet::testing::detail

namespace ringlet::testing {

simulation::simulation(detail::simulation_run& run, detail::world& owner) noexcept
    : run_(run), world_(owner), network_(owner), random_(owner.options().seed, "scenario") {}

simulated_host& simulation::host(std::string_view name) {
    return run_.host(name);
}

std::uint64_t simulation::seed() const noexcept {
    return run_.seed();
}

std::chrono::nanoseconds simulation::elapsed() const noexcept {
    return world_.elapsed();
}

task<> simulation::calm() {
    return run_.calm();
}

void simulation::invariant(std::function<void()> check) {
    run_.add_invariant(std::move(check));
}

void simulation::note(std::string sentence) {
    world_.noted().note(world_.elapsed(), world_.current_node().index(), std::move(sentence));
}

}  // namespace ringlet::testing
