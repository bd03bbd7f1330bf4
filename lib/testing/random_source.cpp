#include <ringlet/testing/random_source.hpp>

#include <algorithm>
#include <bit>

namespace ringlet::testing {

namespace {

// FNV-1a, 64 bits.
std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    for (const char letter : text)
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3;
    return hash;
}

// SplitMix64, which makes states that have little in common of seeds that differ by one.
std::uint64_t split_mix(std::uint64_t& state) noexcept {
    std::uint64_t mixed = (state += 0x9e37'79b9'7f4a'7c15);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
    return mixed ^ (mixed >> 31U);
}

}  // namespace

random_source::random_source(std::uint64_t seed, std::string_view name) noexcept : state_() {
    std::uint64_t mixing = seed ^ hash_of(name);
    for (std::uint64_t& word : state_)
        word = split_mix(mixing);
}

// xoshiro256**.
random_source::result_type random_source::operator()() noexcept {
    const std::uint64_t drawn = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return drawn;
}

// The remainder prefers small numbers by less than 2^-32 for each bound below 2^32.
std::uint64_t random_source::below(std::uint64_t bound) noexcept {
    return (*this)() % bound;
}

std::chrono::nanoseconds random_source::between(std::chrono::nanoseconds least,
                                                std::chrono::nanoseconds most) noexcept {
    const std::chrono::nanoseconds range = std::max(most - least, least.zero());
    return least + std::chrono::nanoseconds(below(static_cast<std::uint64_t>(range.count()) + 1));
}

bool random_source::chance(double probability) noexcept {
    if (probability <= 0)
        return false;
    constexpr double whole = 0x1p53;
    return static_cast<double>((*this)() >> 11U) < probability * whole;
}

}  // namespace ringlet::testing
