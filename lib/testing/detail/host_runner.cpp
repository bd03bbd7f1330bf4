#include "host_runner.hpp"
#include "base/detail/exception_text.hpp"
#include "node.hpp"
#include "world.hpp"

#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/testing/always.hpp>

#include <stdexcept>
#include <utility>

namespace ringlet::testing::detail {

namespace {

void tell(std::vector<waiting_for_end>& all) {
    for (const waiting_for_end& each : std::exchange(all, {}))
        each.waiter->post([told = each.ended] { told->set(); });
}

/// Keeps one entry in the list of those that wait. One that is cancelled waits no longer.
class listed_wait {
public:
    explicit listed_wait(std::vector<waiting_for_end>& all)
        : all_(all), ended_(std::make_shared<event>()) {
        all_.push_back({&ringlet::loop::require_current("join"), ended_});
    }
    listed_wait(const listed_wait&) = delete;
    listed_wait& operator=(const listed_wait&) = delete;
    ~listed_wait() {
        std::erase_if(all_, [&](const waiting_for_end& each) { return each.ended == ended_; });
    }

    [[nodiscard]] event& ended() const noexcept { return *ended_; }

private:
    std::vector<waiting_for_end>& all_;
    std::shared_ptr<event> ended_;
};

task<> wait_in(std::vector<waiting_for_end>& all) {
    const listed_wait waiting(all);
    co_await waiting.ended().wait();
}

task<> wait_for_end(std::shared_ptr<spawned_state> state) {
    if (!state->ended)
        co_await wait_in(state->waiting);
}

}  // namespace

host_runner::host_runner(world& owner, node& home)
    : world_(owner), home_(home), inside_(make_interior()) {
    world_.add(inside_->own_loop.core());
}

std::unique_ptr<host_runner::interior> host_runner::make_interior() {
    node& before = world_.set_current_node(home_);
    auto made = std::make_unique<interior>();
    world_.set_current_node(before);
    return made;
}

host_runner::~host_runner() {
    world_.remove(inside_->own_loop.core());
    if (running_ > 0)
        static_cast<void>(inside_.release());
}

spawned_task host_runner::spawn(task<> work) {
    if (!home_.running() || stopping_)
        throw std::logic_error("simulated_host::spawn: the host " + home_.name() +
                               " is stopped; start it first");
    auto state = std::make_shared<spawned_state>();
    ++running_;
    inside_->own_loop.post([this, state, begun = std::move(work)]() mutable {
        inside_->tasks.spawn(run(std::move(begun), state));
    });
    return spawned_task(std::move(state));
}

task<> host_runner::run(task<> work, std::shared_ptr<spawned_state> state) {
    std::exception_ptr failure;
    try {
        co_await std::move(work);
    } catch (const violation&) {  // the world knows of it
    } catch (...) {
        failure = std::current_exception();
    }
    const bool was_cancelled = failure && inside_->own_loop.core().scope().caused(failure);
    if (failure && !was_cancelled && home_.running() && !world_.options().may_throw())
        world_.fail("a task on host " + home_.name() +
                    " failed: " + ringlet::detail::exception_text(failure));
    ended(*state);
}

void host_runner::ended(spawned_state& state) {
    state.ended = true;
    --running_;
    tell(state.waiting);
    if (running_ == 0)
        tell(waiting_for_all_);
}

void host_runner::cancel() {
    inside_->own_loop.post([this] { inside_->tasks.cancel(); });
}

task<> host_runner::stop() {
    stopping_ = true;
    home_.power_off();
    cancel();
    if (running_ > 0)
        co_await wait_in(waiting_for_all_);
}

// The loop of before has no task left; what is begun from now on is not cancelled.
void host_runner::start() {
    if (running_ > 0)
        throw std::logic_error("simulated_host::start: await the end of stop() first");
    std::unique_ptr<interior> next = make_interior();
    world_.remove(inside_->own_loop.core());
    inside_ = std::move(next);
    world_.add(inside_->own_loop.core());
    home_.power_on();
    stopping_ = false;
}

}  // namespace ringlet::testing::detail

namespace ringlet::testing {

task<> spawned_task::join() const {
    return detail::wait_for_end(state_);
}

bool spawned_task::ended() const noexcept {
    return state_->ended;
}

const std::string& simulated_host::name() const noexcept {
    return runner_.home().name();
}

namespace {

address as_address(const detail::socket_name& name, int domain) {
    sockaddr_storage native{};
    socklen_t size = sizeof(native);
    name.store(domain, reinterpret_cast<sockaddr*>(&native), &size);
    return ringlet::address::from(reinterpret_cast<sockaddr*>(&native), size);
}

}  // namespace

address simulated_host::address(int port) const {
    return as_address(runner_.home().v4(static_cast<std::uint16_t>(port)), AF_INET);
}

address simulated_host::ipv6_address(int port) const {
    return as_address(runner_.home().v6(static_cast<std::uint16_t>(port)), AF_INET6);
}

spawned_task simulated_host::spawn_task(task<> work) {
    return runner_.spawn(std::move(work));
}

task<> simulated_host::stop() {
    return runner_.stop();
}

void simulated_host::start() {
    runner_.start();
}

bool simulated_host::running() const noexcept {
    return runner_.home().running();
}

void simulated_host::set_descriptor_limit(int limit) noexcept {
    runner_.home().set_descriptor_limit(limit);
}

std::size_t simulated_host::open_sockets() const noexcept {
    return static_cast<std::size_t>(runner_.home().open_descriptors());
}

loop& simulated_host::loop() const noexcept {
    return runner_.loop();
}

}  // namespace ringlet::testing
