#include "valid_ring_options.hpp"

#include <stdexcept>
#include <string>

namespace ringlet::detail {

namespace {

constexpr unsigned submission_entries_max = 32'768;
constexpr unsigned completion_entries_max = 65'536;

[[noreturn]] void refuse(const char* name, const char* range, unsigned value) {
    throw std::invalid_argument(std::string("ring_options: ") + name + " must be " + range +
                                ", not " + std::to_string(value));
}

}  // namespace

void require_valid(const ring_options& options) {
    if (options.submission_entries < 1 || options.submission_entries > submission_entries_max)
        refuse("submission_entries", "1 to 32768", options.submission_entries);
    if (options.completion_entries < options.submission_entries ||
        options.completion_entries > completion_entries_max)
        refuse("completion_entries", "submission_entries to 65536", options.completion_entries);
    if (options.first_setup > ring_options::setup::plain)
        refuse("first_setup", "one of ring_options::setup",
               static_cast<unsigned>(options.first_setup));
}

}  // namespace ringlet::detail
