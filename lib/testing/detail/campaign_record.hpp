#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::testing::detail {

/// What the assertions of a campaign have seen, under all of its seeds.
class campaign_record {
public:
    void note_always(std::string_view what) { ++seen_[std::string(what)].reached; }

    void note_sometimes(bool condition, std::string_view what) {
        counts& known = seen_[std::string(what)];
        known.sometimes = true;
        if (condition)
            ++known.reached;
    }

    /// What `sometimes` has named and was never true.
    [[nodiscard]] std::vector<std::string> never() const;

    /// How often each of all that was named has been true.
    [[nodiscard]] std::map<std::string, std::uint64_t> reached() const;

    /// Those of `expected` that were never reached.
    [[nodiscard]] std::vector<std::string> missing(const std::vector<std::string>& expected) const;

    /// The record of the campaign that this thread runs, or nullptr.
    [[nodiscard]] static campaign_record* current() noexcept;
    static campaign_record* exchange(campaign_record* next) noexcept;

private:
    struct counts {
        std::uint64_t reached = 0;
        bool sometimes = false;
    };

    std::map<std::string, counts> seen_;
};

}  // namespace ringlet::testing::detail
