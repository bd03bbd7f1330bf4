#include "run_watch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

namespace ringlet::testing::detail {

namespace {

constexpr std::array fatal_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t signal_stack_size = std::size_t{64} << 10U;

// What is to be written where the program crashes: made before, since a signal handler can do
// little.
std::array<char, 4096> last_words{};
std::atomic<std::size_t> last_words_size{0};
std::array<struct sigaction, fatal_signals.size()> effects_before{};

// A fault of the processor comes again after this, for the effect of before: a debugger, a core
// dump or a sanitizer sees it where it is.
void say_seed(int number, siginfo_t* why, void* /*context*/) {
    [[maybe_unused]] const auto written =
        ::write(STDERR_FILENO, last_words.data(), last_words_size.load());
    for (std::size_t i = 0; i < fatal_signals.size(); ++i)
        if (fatal_signals[i] == number)
            ::sigaction(number, &effects_before[i], nullptr);
    const bool comes_again = why->si_code > 0 && number != SIGABRT;
    if (!comes_again)
        ::raise(number);
}

std::string in_quotes(const std::string& word) {
    std::string quoted = "'";
    for (const char letter : word)
        quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return quoted + "'";
}

std::vector<std::string> words_of_command() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');)
        words.push_back(word);
    return words;
}

std::string command_of_program() {
    std::string command;
    for (const std::string& word : words_of_command()) {
        const bool plain =
            !word.empty() &&
            word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789-_./=:,+@%") == std::string::npos;
        command += plain ? " " + word : " " + in_quotes(word);
    }
    return command;
}

void say(const char* sentence) noexcept {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence, std::strlen(sentence));
}

}  // namespace

std::atomic<std::uint64_t> run_watch::progress{0};

std::atomic<bool> run_watch::offloaded{false};

std::string repeating_command(std::uint64_t seed) {
    static const std::string command = command_of_program();
    return "RINGLET_SEED=" + std::to_string(seed) + command;
}

run_watch::run_watch(std::chrono::seconds blocked_max) : signal_stack_(signal_stack_size) {
    const stack_t own{signal_stack_.data(), 0, signal_stack_.size()};
    ::sigaltstack(&own, &stack_before_);
    struct sigaction noting {};
    noting.sa_sigaction = &say_seed;
    noting.sa_flags = SA_SIGINFO | SA_ONSTACK;  // a stack that is full holds no handler
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
    ::sigaltstack(&stack_before_, nullptr);
}

void run_watch::begin(std::uint64_t seed) noexcept {
    went_on();
    last_words_size = 0;
    add_last_words("ringlet: this happened in a simulation, under seed " + std::to_string(seed) +
                   "; to repeat it:\n    " + repeating_command(seed));
}

void run_watch::end() noexcept {
    went_on();
    last_words_size = 0;
}

void run_watch::add_last_words(std::string_view sentence) noexcept {
    const std::size_t begin = last_words_size;
    const std::size_t size = std::min(sentence.size(), last_words.size() - 1 - begin);
    std::memcpy(last_words.data() + begin, sentence.data(), size);
    last_words[begin + size] = '\n';
    last_words_size = begin + size + 1;
}

// It counts its looks rather than the time: a program that stands in a debugger is not blocked.
void run_watch::watch(std::chrono::seconds blocked_max) {
    std::unique_lock lock(mutex_);
    auto seen = progress.load();
    std::chrono::seconds without_progress{0};
    while (!ended_.wait_for(lock, std::chrono::seconds(1), [this] { return ending_; })) {
        const auto present = progress.load();
        without_progress =
            present == seen ? without_progress + std::chrono::seconds(1) : std::chrono::seconds(0);
        seen = present;
        if (without_progress <= blocked_max)
            continue;
        say(offloaded
                ? "ringlet: a function that was given to offload blocks the simulation "
                  "(simulate_options::blocked_max); it runs in the one thread that there is, "
                  "and can wait for no other thread or task\n"
                : "ringlet: a simulated handler blocks its thread "
                  "(simulate_options::blocked_max); what it calls has to be awaited, or given "
                  "to offload\n");
        std::abort();
    }
}

}  // namespace ringlet::testing::detail
