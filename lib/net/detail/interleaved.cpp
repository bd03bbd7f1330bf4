#include "interleaved.hpp"

#include <algorithm>

namespace ringlet::detail {

std::vector<address> interleaved(const std::vector<address>& addresses) {
    const auto preferred = [&](const address& each) {
        return each.family() == addresses.front().family();
    };
    std::vector<address> ordered;
    ordered.reserve(addresses.size());
    auto next = addresses.begin();
    auto next_other = addresses.begin();
    while (ordered.size() < addresses.size()) {
        next = std::find_if(next, addresses.end(), preferred);
        if (next != addresses.end())
            ordered.push_back(*next++);
        next_other = std::find_if_not(next_other, addresses.end(), preferred);
        if (next_other != addresses.end())
            ordered.push_back(*next_other++);
    }
    return ordered;
}

}  // namespace ringlet::detail
