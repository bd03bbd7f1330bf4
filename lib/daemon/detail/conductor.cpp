#include "conductor.hpp"
#include "base/detail/valid_timeout.hpp"
#include "dump_to_log.hpp"
#include "loop_round.hpp"
#include "predecessor.hpp"
#include "successor.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <unistd.h>

#include <csignal>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringlet::daemon::detail {

namespace {

constexpr std::chrono::milliseconds end_timeout{5000};  // for a new program that is given up

task<> nothing() {
    co_return;
}

run_options checked(run_options options) {
    ringlet::detail::require_valid_timeout(options.unready_grace, "run_options: unready_grace");
    ringlet::detail::require_valid_timeout(options.restart_timeout, "run_options: restart_timeout");
    return options;
}

own_program program_of(const run_options& options) {
    own_program program = own_program::find();
    if (!options.program.empty())
        program.path = options.program;
    return program;
}

}  // namespace

conductor::conductor(run_options options)
    : options_(checked(std::move(options))), program_(program_of(options_)),
      signals_(SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM) {}

conductor::~conductor() = default;

void conductor::serve(std::vector<server*> servers) {
    if (main_)
        throw std::logic_error("service::serve: the service has served already");
    main_.emplace(std::move(servers));
    beside_.emplace(attendants);
    inherited.close_rest();
    loop own_loop(options_.loop ? *options_.loop : main_->all.front()->options().loop);
    block_on(own_loop, serve_groups());
}

task<> conductor::serve_groups() {
    enter(service_state::starting);
    const auto body = [this](task_group& attending) -> task<> {
        attending.spawn(serve_beside());
        co_await main_->serving.serve([this] { tell_ready(); }, conduct());
        beside_->serving.shut_down();
    };
    co_await task_group::run(std::ref(body));
    log(log_level::info, "the service has ended");
}

// While a predecessor serves, its attendants tell of it: those of this process would say that the
// service is about to start.
task<> conductor::serve_beside() {
    if (predecessor::of_this_process() != nullptr)
        co_await started_.wait();
    const std::function<void()> ready = [] {};
    co_await beside_->serving.serve(ready, nothing());
}

void conductor::tell_ready() {
    enter(service_state::ready);
    for (const server* const served : main_->all)
        log(log_level::info, "serving",
            {{"server", served->options().name}, {"address", served->server_address()}});
    if (predecessor::of_this_process() == nullptr)
        tell(notification().ready());
    started_.set();
}

task<> conductor::conduct() {
    co_await started_.wait();
    const auto body = [this](task_group& helpers) -> task<> {
        if (const auto interval = watchdog_interval())
            helpers.spawn(keep_watchdog(*interval));
        helpers.spawn(replace_predecessor());
        co_await obey(helpers);
    };
    co_await task_group::run(std::ref(body));
}

task<> conductor::obey(task_group& helpers) {
    for (;;) {
        const int number = co_await signals_.wait();
        obey(number, helpers);
    }
}

void conductor::obey(int number, task_group& helpers) {
    switch (number) {
    case SIGHUP:
        reload();
        break;
    case SIGUSR1:
        dump();
        break;
    case SIGUSR2:
        helpers.spawn(restart());
        break;
    default:
        stop(helpers);
    }
}

// The predecessor is the main process until it has given up its sockets: only then the service
// manager listens to this one.
task<> conductor::replace_predecessor() {
    predecessor* const before = predecessor::of_this_process();
    if (before == nullptr)
        co_return;
    succeeding_ = true;
    co_await before->replace();
    succeeding_ = false;
    share_sockets(false);
    tell(notification().ready());
}

task<> conductor::keep_watchdog(std::chrono::microseconds interval) {
    const auto nothing_but_turn = [](loop&) {};
    while (!replaced_) {
        const loop_round workers(nothing_but_turn, true);
        std::error_code error;  // one that is missed is made up for by the next
        notify(notification().watchdog(), error, std::chrono::milliseconds::zero());
        co_await sleep_for(interval / 2);
        if (workers.missing() > 0)
            log(log_level::warning, "the service seems to hang, and its watchdog is not told",
                {{"workers", workers.missing()}});
        while (workers.missing() > 0)
            co_await sleep_for(interval / 20);
    }
}

void conductor::stop(task_group& helpers) {
    if (!std::exchange(told_to_stop_, true)) {
        if (!replaced_)
            helpers.spawn(drain());
        return;
    }
    hastened_.set();
    main_->serving.shut_down(std::chrono::nanoseconds::zero());
    beside_->serving.shut_down(std::chrono::nanoseconds::zero());
}

task<> conductor::drain() {
    enter(service_state::draining);
    tell(notification().stopping());
    if (options_.unready_grace > options_.unready_grace.zero()) {
        const cancel_scope grace(options_.unready_grace);
        std::error_code over;
        co_await hastened_.wait(over);
    }
    main_->serving.shut_down();
}

void conductor::reload() {
    const bool is_ready = state_ == service_state::ready;
    if (is_ready)
        tell(notification().reloading());
    for (const std::function<void()>& reload : reloads) {
        try {
            reload();
        } catch (...) {
            log(log_level::error, "what the service was to reload stays as it was",
                {{"error", std::current_exception()}});
        }
    }
    if (is_ready)
        tell(notification().ready());
}

void conductor::dump() const {
    try {
        dump_to_log(all_servers(), options_.dumped_tasks_max);
    } catch (const std::bad_alloc&) {
        log(log_level::error, "no memory is left to list the tasks");
    }
}

bool conductor::may_restart() const {
    const auto refuse = [](const char* why) {
        log(log_level::error, "no restart: the service goes on", {{"reason", why}});
        return false;
    };
    if (restarting_ || succeeding_ || state_ == service_state::draining)
        return refuse("one is under way, or the service is about to end");
    if (::getpid() == 1)
        return refuse("the end of process 1 would end the new program, too");
    for (const server* const served : all_servers()) {
        if (served->options().name.empty())
            return refuse("a server has no name, by which the new program would take its socket; "
                          "make it from service::socket");
        if (served->fileno() < 0)
            return refuse("a server has ended");
    }
    return true;
}

task<> conductor::restart() {
    if (!may_restart())
        co_return;
    restarting_ = true;
    log(log_level::info, "restart: the new program is started", {{"program", program_.path}});
    std::string obstacle;
    try {
        std::vector<legacy> sockets;
        for (const server* const served : all_servers())
            sockets.push_back({served->options().name, served->fileno(), served->owns_listening()});
        successor next(program_, sockets);
        obstacle = co_await obstacle_to(next);
        if (obstacle.empty())
            obstacle = hand_over_to(next);
        if (!obstacle.empty())
            co_await next.end(end_timeout);
    } catch (const std::exception& error) {
        obstacle = error.what();
    }
    restarting_ = false;
    if (obstacle.empty())
        co_return;
    log(log_level::error, "no restart: the service goes on",
        {{"program", program_.path}, {"reason", obstacle}});
}

/// Why there is no successor; no text where there is one.
task<std::string> conductor::obstacle_to(successor& next) const {
    try {
        co_return co_await next.obstacle(options_.restart_timeout);
    } catch (const std::exception& error) {
        co_return error.what();
    }
}

/// Gives the sockets up, and drains. Returns no text, or why not.
std::string conductor::hand_over_to(successor& next) {
    if (state_ == service_state::draining)
        return "the service is about to end";
    share_sockets(true);
    tell(notification().main_pid(next.pid()));
    if (!next.give_up_sockets()) {
        share_sockets(false);
        tell(notification().main_pid(::getpid()));
        return "it has ended";
    }
    log(log_level::info, "restart: the new program serves", {{"pid", next.pid()}});
    next.release();
    replaced_ = true;
    enter(service_state::draining);
    beside_->serving.shut_down();
    main_->serving.shut_down();
    return {};
}

void conductor::share_sockets(bool shared) {
    for (server* const served : all_servers())
        served->share_listening(shared);
}

void conductor::enter(service_state state) {
    state_ = state;
    for (const std::function<void(service_state)>& told : watchers) {
        try {
            told(state);
        } catch (...) {
            if (state != service_state::draining)
                throw;
            log(log_level::error, "a watcher of the service failed",
                {{"error", std::current_exception()}});
        }
    }
}

std::vector<server*> conductor::all_servers() const {
    std::vector<server*> all = main_->all;
    all.insert(all.end(), beside_->all.begin(), beside_->all.end());
    return all;
}

void conductor::tell(const notification& said) noexcept {
    try {
        notify(said);
    } catch (const std::exception& error) {
        log(log_level::warning, "the service manager was not told", {{"error", error.what()}});
    }
}

}  // namespace ringlet::daemon::detail
