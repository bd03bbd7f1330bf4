#pragma once

#include <algorithm>

namespace ringlet {

/// Decides which waits begin with a spin: with looking for news, before the thread blocks. To wake
/// a thread that sleeps costs more CPU time than some tens of microseconds of looking, and several
/// times the latency; so a spin pays where news comes soon, and where it does not, it is CPU time
/// lost. Which of the two it is, is learnt from the spins themselves: each that was in vain doubles
/// the number of waits that go by until the next, each that was not halves it.
class adaptive_spin {
public:
    /// The most waits that go by without a spin: what it costs to find out that times have changed.
    static constexpr unsigned pause_max = 1023;

    /// Whether the wait that is due begins with a spin. To be asked once for each wait.
    [[nodiscard]] bool due() noexcept {
        if (left_out_ == pause_)
            return true;
        ++left_out_;
        return false;
    }

    /// News came while it lasted.
    void succeeded() noexcept {
        pause_ /= 2;
        left_out_ = pause_;
    }

    /// It was in vain.
    void failed() noexcept {
        pause_ = std::min(2 * pause_ + 1, pause_max);
        left_out_ = 0;
    }

private:
    unsigned pause_ = 0;     // waits without a spin after one that was in vain
    unsigned left_out_ = 0;  // those that have gone by
};

}  // namespace ringlet
