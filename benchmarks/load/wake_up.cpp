#include "wake_up.hpp"

#include "../checked.hpp"
#include "descriptor.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;

constexpr int rounds_to_settle = 200;
constexpr int rounds = 2000;

void wake(int event) {
    while (::eventfd_write(event, 1) < 0 && errno == EINTR) {
    }
}

void sleep_until_woken(int event) {
    eventfd_t count;
    while (::eventfd_read(event, &count) < 0 && errno == EINTR) {
    }
}

void answer_each(int asked, int answered) {
    for (int i = 0; i < rounds_to_settle + rounds; ++i) {
        sleep_until_woken(asked);
        wake(answered);
    }
}

std::vector<std::chrono::nanoseconds> ask_each(int asked, int answered) {
    std::vector<std::chrono::nanoseconds> times;
    for (int i = 0; i < rounds_to_settle + rounds; ++i) {
        const auto start = steady::now();
        wake(asked);
        sleep_until_woken(answered);
        if (i >= rounds_to_settle)
            times.push_back(steady::now() - start);
    }
    return times;
}

}  // namespace

std::optional<std::chrono::nanoseconds> measure_wake_up(const cpu_plan& cpus) {
    if (cpus.servers.empty() || cpus.load.empty())
        return std::nullopt;
    const descriptor asked(checked(::eventfd(0, EFD_CLOEXEC), "eventfd"));
    const descriptor answered(checked(::eventfd(0, EFD_CLOEXEC), "eventfd"));
    std::vector<std::chrono::nanoseconds> times;
    std::thread server([&] {
        pin_to({cpus.servers.front()});
        answer_each(asked.get(), answered.get());
    });
    std::thread load([&] {
        pin_to({cpus.load.front()});
        times = ask_each(asked.get(), answered.get());
    });
    server.join();
    load.join();
    const auto middle = times.begin() + rounds / 2;
    std::nth_element(times.begin(), middle, times.end());
    return *middle / 2;
}
