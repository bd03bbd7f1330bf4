#include "server/detail/serving_group.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/server/serve_until_signal.hpp>

#include <chrono>
#include <csignal>

namespace ringlet {

namespace {

task<> obey(signal_set& signals, detail::serving_group& group) {
    co_await signals.wait();
    group.shut_down();
    for (;;) {
        co_await signals.wait();
        group.shut_down(std::chrono::nanoseconds::zero());
    }
}

}  // namespace

void detail::serve_until_signal(const std::function<void()>& ready,
                                std::initializer_list<server*> servers) {
    signal_set signals(SIGINT, SIGTERM);
    loop own_loop((*servers.begin())->options().loop);
    serving_group group(servers, "serve_until_signal");
    block_on(own_loop, group.serve(ready, obey(signals, group)));
}

}  // namespace ringlet
