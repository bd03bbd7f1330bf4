#include <ringlet/tls/version.hpp>

namespace ringlet::tls {

std::string_view to_string(version spoken) noexcept {
    return spoken == version::tls1_2 ? "TLS 1.2" : "TLS 1.3";
}

}  // namespace ringlet::tls
