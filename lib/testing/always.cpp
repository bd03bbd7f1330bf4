#include "testing/detail/campaign_record.hpp"
#include "testing/detail/world.hpp"

#include <ringlet/testing/always.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace ringlet::testing {

namespace detail {

namespace {

thread_local campaign_record* current_record = nullptr;

}  // namespace

campaign_record* campaign_record::current() noexcept {
    return current_record;
}

campaign_record* campaign_record::exchange(campaign_record* next) noexcept {
    return std::exchange(current_record, next);
}

std::vector<std::string> campaign_record::never() const {
    std::vector<std::string> found;
    for (const auto& [what, known] : seen_)
        if (known.sometimes && known.reached == 0)
            found.push_back(what);
    return found;
}

std::map<std::string, std::uint64_t> campaign_record::reached() const {
    std::map<std::string, std::uint64_t> all;
    for (const auto& [what, known] : seen_)
        all.emplace(what, known.reached);
    return all;
}

std::vector<std::string> campaign_record::missing(const std::vector<std::string>& expected) const {
    std::vector<std::string> found;
    std::ranges::copy_if(expected, std::back_inserter(found), [&](const std::string& what) {
        const auto known = seen_.find(what);
        return known == seen_.end() || known->second.reached == 0;
    });
    return found;
}

}  // namespace detail

void always(bool condition, std::string_view what, std::source_location where) {
    if (auto* const record = detail::campaign_record::current())
        record->note_always(what);
    if (condition)
        return;
    std::string text(what);
    text += " does not hold, at ";
    text += where.file_name();
    text += ":" + std::to_string(where.line());
    if (detail::world* const simulated = detail::world::current())
        simulated->fail(text);
    throw violation(text);
}

void sometimes(bool condition, std::string_view what) {
    if (auto* const record = detail::campaign_record::current())
        record->note_sometimes(condition, what);
}

}  // namespace ringlet::testing
