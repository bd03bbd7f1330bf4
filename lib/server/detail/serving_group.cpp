#include "serving_group.hpp"

#include <ringlet/coro/task_group.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringlet::detail {

serving_group::serving_group(std::vector<server*> servers, const char* caller)
    : serving_(std::move(servers)) {
    std::vector<server*> sorted = serving_;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end())
        throw std::invalid_argument(std::string(caller) + ": a server was named twice");
}

task<> serving_group::serve(const std::function<void()>& ready, task<> conduct) {
    const auto body = [&](task_group& group) -> task<> {
        group.spawn(std::move(conduct));
        co_await serve_all(ready);
        group.cancel();  // no server is left to conduct
    };
    co_await task_group::run(std::ref(body));
    if (failure_)
        std::rethrow_exception(failure_);
}

task<> serving_group::serve_all(const std::function<void()>& ready) {
    const auto body = [&](task_group& group) {
        const std::vector<server*> all = serving_;  // a server that fails at once leaves it
        for (server* const served : all)
            group.spawn(serve_one(*served));
        tell_ready(ready);
    };
    co_await task_group::run(std::ref(body));
}

task<> serving_group::serve_one(server& served) {
    try {
        co_await served.serve();
    } catch (...) {
        failed();
    }
    std::erase(serving_, &served);
    if (failure_)
        shut_down();
}

void serving_group::tell_ready(const std::function<void()>& ready) {
    try {
        if (!failure_)
            ready();
    } catch (...) {
        failed();
        shut_down();
    }
}

void serving_group::failed() noexcept {
    if (!failure_)
        failure_ = std::current_exception();
}

void serving_group::shut_down() noexcept {
    for (server* const served : serving_)
        served->shutdown();
}

void serving_group::shut_down(std::chrono::nanoseconds grace) noexcept {
    for (server* const served : serving_)
        served->shutdown(grace);
}

}  // namespace ringlet::detail
