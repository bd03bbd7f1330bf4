#include "ticket_keys.hpp"

#include "error_codes.hpp"
#include "state_lock.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

namespace ringlet::tls::detail {

ticket_keys::ticket_keys(std::chrono::seconds epoch, clock::time_point now)
    : epoch_length_(epoch), epoch_end_(now + epoch) {
    secret& first = known_.present;
    require(RAND_priv_bytes(first.data(), static_cast<int>(first.size())) == 1, "RAND_priv_bytes");
}

// HKDF-Expand for 32 bytes, RFC 5869, 2.3.
secret ticket_keys::derive(const secret& from, std::string_view purpose, std::string_view digest) {
    std::string info(purpose);
    info += digest;
    info += '\1';
    secret derived{};
    unsigned size = 0;
    require(HMAC(EVP_sha256(), from.data(), static_cast<int>(from.size()),
                 reinterpret_cast<const unsigned char*>(info.data()), info.size(), derived.data(),
                 &size) != nullptr,
            "HMAC");
    return derived;
}

ticket_keys::key ticket_keys::key_of(const secret& epoch, std::string_view digest) {
    const secret name = derive(epoch, "ringlet ticket name", digest);
    key made{.name = {},
             .cipher = derive(epoch, "ringlet ticket cipher", digest),
             .mac = derive(epoch, "ringlet ticket mac", digest)};
    std::copy_n(name.begin(), made.name.size(), made.name.begin());
    return made;
}

ticket_keys::secrets ticket_keys::secrets_at(clock::time_point now) {
    const state_lock locked;
    while (now >= epoch_end_) {
        const secret next = derive(known_.present, "ringlet next epoch", {});
        known_.previous = known_.present;
        known_.present = next;
        epoch_end_ += epoch_length_;
    }
    return known_;
}

ticket_keys::key ticket_keys::current(std::string_view digest, clock::time_point now) {
    return key_of(secrets_at(now).present, digest);
}

std::optional<ticket_keys::found_key> ticket_keys::find(std::span<const unsigned char, 16> name,
                                                        std::string_view digest,
                                                        clock::time_point now) {
    const secrets known = secrets_at(now);
    if (const key present = key_of(known.present, digest); std::ranges::equal(present.name, name))
        return found_key{present, false};
    if (known.previous)
        if (const key earlier = key_of(*known.previous, digest);
            std::ranges::equal(earlier.name, name))
            return found_key{earlier, true};
    return std::nullopt;
}

}  // namespace ringlet::tls::detail
