#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/server/serve_until_signal.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <stdexcept>
#include <vector>

namespace ringlet {

namespace {

/// Servers that stop together: the first failure of a server, or a signal, shuts all of them down.
class stopping_together {
public:
    stopping_together(const std::function<void()>& ready, std::initializer_list<server*> servers)
        : ready_(ready), serving_(servers) {
        std::vector<server*> sorted = serving_;
        std::ranges::sort(sorted);
        if (std::ranges::adjacent_find(sorted) != sorted.end())
            throw std::invalid_argument("serve_until_signal: a server was named twice");
    }

    /// Serves with all servers to their end, then throws the first failure.
    task<> serve(signal_set& signals) {
        const auto body = [&](task_group& group) -> task<> {
            group.spawn(obey(signals));
            co_await serve_all();
            group.cancel();  // no server is left to shut down
        };
        co_await task_group::run(std::ref(body));
        if (failure_)
            std::rethrow_exception(failure_);
    }

private:
    task<> serve_all() {
        const auto body = [&](task_group& group) {
            const std::vector<server*> all = serving_;  // a server that fails at once leaves it
            for (server* const served : all)
                group.spawn(serve(*served));
            tell_ready();
        };
        co_await task_group::run(std::ref(body));
    }

    task<> serve(server& served) {
        try {
            co_await served.serve();
        } catch (...) {
            failed();
        }
        std::erase(serving_, &served);
        if (failure_)
            shut_down();
    }

    void tell_ready() {
        try {
            if (!failure_)
                ready_();
        } catch (...) {
            failed();
            shut_down();
        }
    }

    void failed() {
        if (!failure_)
            failure_ = std::current_exception();
    }

    void shut_down() noexcept {
        for (server* const served : serving_)
            served->shutdown();
    }

    // Shuts down only servers that still serve: a shutdown of another server would end its next
    // period of serving.
    task<> obey(signal_set& signals) {
        co_await signals.wait();
        shut_down();
        for (;;) {
            co_await signals.wait();
            for (server* const served : serving_)
                served->shutdown(std::chrono::nanoseconds::zero());
        }
    }

    const std::function<void()>& ready_;
    std::vector<server*> serving_;
    std::exception_ptr failure_;
};

}  // namespace

void detail::serve_until_signal(const std::function<void()>& ready,
                                std::initializer_list<server*> servers) {
    signal_set signals(SIGINT, SIGTERM);
    loop own_loop((*servers.begin())->options().loop);
    stopping_together group(ready, servers);
    block_on(own_loop, group.serve(signals));
}

}  // namespace ringlet
