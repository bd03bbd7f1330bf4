#include "run_watch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace ringlet::testing::detail {

namespace {

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// What is to be written where the program crashes: made before, since a signal handler can do
// little.
std::array<char, 4096> last_words{};
std::atomic<std::size_t> last_words_size{0};
std::array<struct sigaction, fatal_signals.size()> effects_before{};

void say_seed(int number) {
    [[maybe_unused]] const auto written =
        ::write(STDERR_FILENO, last_words.data(), last_words_size.load());
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        if (fatal_signals[i] == number)
            ::sigaction(number, &effects_before[i], nullptr);
    ::raise(number);
}

}  // namespace

std::atomic<std::uint64_t> run_watch::progress{0};

namespace {

/// This program with its arguments, as a shell takes it.
std::string own_command() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    std::string command;
    for (std::size_t begin = 0; begin < all.size();) {
        const std::string word = all.c_str() + begin;
        const bool plain =
            !word.empty() &&
            word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789-_./=:,+@%") == std::string::npos;
        command += plain ? " " + word : " '" + word + "'";
        begin += word.size() + 1;
    }
    return command;
}

}  // namespace

std::string repeating_command(std::uint64_t seed) {
    static const std::string own = own_command();
    return "RINGLET_SEED=" + std::to_string(seed) + own;
}

run_watch::run_watch(std::chrono::seconds blocked_max) {
    struct sigaction noting {};
    noting.sa_handler = &say_seed;
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        ::sigaction(fatal_signals[i], &noting, &effects_before[i]);
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this, blocked_max] { watch(blocked_max); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

run_watch::~run_watch() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    ended_.notify_all();
    thread_.join();
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        ::sigaction(fatal_signals[i], &effects_before[i], nullptr);
}

void run_watch::begin(std::uint64_t seed) noexcept {
    went_on();
    last_words_size = 0;
    add_last_words("ringlet: this happened in a simulation, under seed " + std::to_string(seed) +
                   "; to repeat it:\n    " + repeating_command(seed));
}

void run_watch::add_last_words(std::string_view sentence) noexcept {
    const std::size_t begin = last_words_size;
    const std::size_t size = std::min(sentence.size(), last_words.size() - 1 - begin);
    std::memcpy(last_words.data() + begin, sentence.data(), size);
    last_words[begin + size] = '\n';
    last_words_size = begin + size + 1;
}

void run_watch::watch(std::chrono::seconds blocked_max) {
    std::unique_lock lock(mutex_);
    auto seen = progress.load();
    auto since = std::chrono::steady_clock::now();
    while (!ended_.wait_for(lock, std::chrono::seconds(1), [this] { return ending_; })) {
        const auto present = progress.load();
        if (present != seen) {
            seen = present;
            since = std::chrono::steady_clock::now();
        } else if (std::chrono::steady_clock::now() - since > blocked_max) {
            constexpr const char* why =
                "ringlet: a simulated handler blocks its thread (simulate_options::blocked_max); "
                "what it calls has to be awaited, or given to offload\n";
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, why, std::strlen(why));
            std::abort();
        }
    }
}

}  // namespace ringlet::testing::detail
