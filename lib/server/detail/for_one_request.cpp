#include "for_one_request.hpp"

#include <algorithm>

namespace ringlet::detail {

loop_options for_one_request(loop_options options) noexcept {
    options.ring.submission_entries = std::min(options.ring.submission_entries, 32U);
    options.ring.completion_entries = std::min(options.ring.completion_entries, 128U);
    options.frame_cache_bytes_max =
        std::min(options.frame_cache_bytes_max, std::size_t{256} << 10U);
    options.spin_max = options.spin_max.zero();
    return options;
}

}  // namespace ringlet::detail
