#include "loop_round.hpp"
#include "loop/detail/running_loops.hpp"

#include <ringlet/base/log.hpp>

#include <exception>

namespace ringlet::daemon::detail {

loop_round::loop_round(const std::function<void(loop&)>& wanted, bool shared)
    : question_(std::make_shared<question>(wanted)) {
    const auto ask = [&](ringlet::detail::running_loop& asked) {
        if (&asked.owner == loop::current() || (shared && !asked.is_shared))
            return;
        asked.owner.post([asked_of_it = question_, &owner = asked.owner] {
            try {
                (*asked_of_it)(owner);
            } catch (...) {
                log(log_level::error, "a loop cannot tell how it does",
                    {{"error", std::current_exception()}});
            }
        });
    };
    ringlet::detail::running_loops::of_this_process().for_each(ask);
}

std::size_t loop_round::missing() const noexcept {
    return static_cast<std::size_t>(question_.use_count() - 1);
}

}  // namespace ringlet::daemon::detail
