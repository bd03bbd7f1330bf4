#include "trace.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace ringlet::testing::detail {

namespace {

constexpr std::array<std::string_view, 18> happening_names{
    "turn",     "opened", "closed",  "connecting", "connected", "refused",
    "accepted", "sent",   "arrived", "received",   "ended",     "reset",
    "lost",     "cut",    "failed",  "stopped",    "started",   "",
};

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
    note(when, host, happening::noted, 0, sentence.size());
    for (const char letter : sentence)
        mix(static_cast<unsigned char>(letter));
    if (records_ && !entries_.empty() && entries_.size() <= lines_max)
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
        if (noted.what == happening::noted)
            text += noted.sentence;
        else
            text += std::string(happening_names[static_cast<std::size_t>(noted.what)]) + "  " +
                    std::to_string(noted.where) + "  " + std::to_string(noted.number);
        texts.push_back(std::move(text));
    }
    return texts;
}

}  // namespace ringlet::testing::detail
