#pragma once

#include <openssl/crypto.h>

#include <array>
#include <string>

namespace ringlet::tls::detail {

/// A key of 32 bytes, which is wiped from memory when it goes out of use.
struct secret : std::array<unsigned char, 32> {
    ~secret() { OPENSSL_cleanse(data(), size()); }
};

/// Wipes a text from memory, such as one with a key in it, at the end of a scope.
class text_wiper {
public:
    explicit text_wiper(std::string& text) noexcept : text_(text) {}
    text_wiper(const text_wiper&) = delete;
    text_wiper& operator=(const text_wiper&) = delete;
    ~text_wiper() { OPENSSL_cleanse(text_.data(), text_.size()); }

private:
    std::string& text_;
};

}  // namespace ringlet::tls::detail
