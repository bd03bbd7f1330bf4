#include "daemon/detail/proxy_parser.hpp"

#include "daemon/detail/proxy_signature.hpp"

#include <algorithm>

namespace ringlet::daemon::detail {

std::size_t proxy_parser::wanted() const noexcept {
    if (error_ || whole())
        return 0;
    switch (form_) {
    case form::line:
        return line_.wanted();
    case form::block:
        return block_.wanted();
    case form::undecided:
        break;
    }
    return std::min(line_.wanted(), block_.wanted());
}

std::size_t proxy_parser::take(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !error_ && !whole()) {
        if (form_ == form::undecided)
            decide(bytes.front());
        else if (form_ == form::line)
            error_ = line_.take(bytes[taken++], header_);
        else
            taken += block_.take(bytes.substr(taken), header_, error_);
    }
    return taken;
}

/// Finds out by the first byte which version comes. Version 1 says what is wrong with a byte of
/// neither.
void proxy_parser::decide(char first) noexcept {
    const bool binary = first == proxy_signature.front();
    form_ = binary ? form::block : form::line;
    header_.version = binary ? proxy_version::v2 : proxy_version::v1;
}

}  // namespace ringlet::daemon::detail
