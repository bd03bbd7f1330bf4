#include "trace.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace ringlet::testing::detail {

namespace {

/// How a happening is told: what comes before each of its two numbers; nothing for one that does
/// not matter.
struct wording {
    std::string_view first;
    std::string_view second;
};

constexpr std::array<wording, 14> wordings{{
    {"opens descriptor ", " for a socket of type "},
    {"closes port ", ", bytes not received: "},
    {"connects from port ", " to port "},
    {"is connected from port ", " to port "},
    {"is refused at port ", ", errno "},
    {"accepts descriptor ", " of the client at port "},
    {"sends from port ", " bytes: "},
    {"gets at port ", " bytes: "},
    {"receives at port ", " bytes: "},
    {"sees a reset at port ", {}},
    {"loses what was sent to port ", ", bytes: "},
    {"is cut off from host ", " for nanoseconds: "},
    {"FAILS", {}},
    {{}, {}},
}};

}  // namespace

std::string seconds_text(std::chrono::nanoseconds time) {
    std::array<char, 40> text{};
    constexpr long long billion = 1'000'000'000;
    const int size = std::snprintf(text.data(), text.size(), "%lld.%09lld s",
                                   static_cast<long long>(time.count()) / billion,
                                   static_cast<long long>(time.count()) % billion);
    return {text.data(), static_cast<std::size_t>(size)};
}

void trace::note(std::chrono::nanoseconds when, unsigned host, std::string sentence) {
    const std::size_t lines_before = entries_.size();
    note(when, host, happening::noted, 0, sentence.size());
    for (const char letter : sentence)
        mix(static_cast<unsigned char>(letter));
    if (entries_.size() > lines_before)
        entries_.back().sentence = std::move(sentence);
}

std::vector<std::string> trace::lines(const std::vector<std::string>& hosts,
                                      std::size_t first) const {
    std::vector<std::string> texts;
    for (std::size_t i = first; i < entries_.size(); ++i) {
        const entry& noted = entries_[i];
        std::string text = seconds_text(noted.when) + "  ";
        text += noted.host < hosts.size() ? hosts[noted.host] : std::string("network");
        text += "  ";
        const wording& words = wordings[static_cast<std::size_t>(noted.what)];
        text += noted.what == happening::noted ? noted.sentence : std::string(words.first);
        if (words.first.ends_with(' '))
            text += std::to_string(noted.where);
        if (!words.second.empty())
            text += std::string(words.second) + std::to_string(noted.number);
        texts.push_back(std::move(text));
    }
    return texts;
}

}  // namespace ringlet::testing::detail
