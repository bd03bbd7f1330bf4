#include <ringlet/daemon/proxy_errc.hpp>

#include <string>

namespace ringlet::daemon {

namespace {

const char* message_of(proxy_errc error) noexcept {
    switch (error) {
    case proxy_errc::untrusted:
        return "the client is of no trusted network, so that it may not say whose connection this "
               "is; add its network to proxy_options::trusted if it is the proxy";
    case proxy_errc::cut_off:
        return "the client went before its PROXY header was whole";
    case proxy_errc::no_header:
        return "what came is no PROXY header; check that the proxy sends one, and that its clients "
               "do not pass it by";
    case proxy_errc::unknown_protocol:
        return "the PROXY line names a protocol that is none of TCP4, TCP6 and UNKNOWN";
    case proxy_errc::bad_address:
        return "the PROXY line has a malformed address";
    case proxy_errc::bad_port:
        return "the PROXY line has a malformed port";
    case proxy_errc::endless_line:
        return "the PROXY line does not end where it has to";
    case proxy_errc::unknown_version:
        return "the PROXY header has a version that is neither 1 nor 2";
    case proxy_errc::unknown_command:
        return "the PROXY header has a command that is neither LOCAL nor PROXY";
    case proxy_errc::unknown_family:
        return "the PROXY header has an unknown address family or transport";
    case proxy_errc::too_long:
        return "the PROXY header is longer than header_bytes_max; raise that if the proxy has so "
               "much to say";
    case proxy_errc::too_short:
        return "the PROXY header is too short for its addresses";
    case proxy_errc::bad_tlv:
        return "the PROXY header has a malformed TLV";
    case proxy_errc::too_many_tlvs:
        return "the PROXY header has more TLVs than tlvs_max; raise that if the proxy has so much "
               "to say";
    case proxy_errc::bad_checksum:
        return "the PROXY header has a wrong checksum";
    }
    return nullptr;
}

}  // namespace

const std::error_category& proxy_category() noexcept {
    static const class final : public std::error_category {
        const char* name() const noexcept override { return "proxy"; }
        std::string message(int code) const override {
            const char* const known = message_of(static_cast<proxy_errc>(code));
            return known != nullptr ? known : "unknown error " + std::to_string(code);
        }
        std::error_condition default_error_condition(int code) const noexcept override {
            switch (static_cast<proxy_errc>(code)) {
            case proxy_errc::untrusted:
                return std::errc::permission_denied;
            case proxy_errc::cut_off:
                return std::errc::connection_reset;
            default:
                return std::errc::protocol_error;
            }
        }
    } category;
    return category;
}

std::error_code make_error_code(proxy_errc error) noexcept {
    return {static_cast<int>(error), proxy_category()};
}

}  // namespace ringlet::daemon
