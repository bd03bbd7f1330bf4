// What a file of certificates or keys may have in it.

#include "tls/certificates.hpp"
#include "tls/detail/certificate_text.hpp"
#include "tls/detail/loaded_identity.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using ringlet::tls::pem;
    const pem text = pem::text(std::string(reinterpret_cast<const char*>(data), size));
    try {
        for (const auto& each : ringlet::tls::detail::certificates_of(text, "the certificate"))
            static_cast<void>(ringlet::tls::detail::describe(*each));
    } catch (const std::system_error&) {
        // It was refused.
    }
    try {
        const ringlet::tls::detail::loaded_identity loaded({text, text});
        static_cast<void>(loaded.expired());
    } catch (const std::system_error&) {
        // It was refused.
    }
    return 0;
}
