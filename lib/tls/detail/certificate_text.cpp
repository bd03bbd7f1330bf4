#include "certificate_text.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <array>
#include <string_view>

namespace ringlet::tls::detail {

namespace {

using names_pointer = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;

/// What was written to a memory BIO.
std::string written_to(BIO& out) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(&out, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string text_of_string(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string text_of_address(const ASN1_OCTET_STRING* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
    if (ASN1_STRING_length(bytes) != (family == AF_INET ? 4 : 16))
        return {};
    const char* const written =
        ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size());
    return written == nullptr ? std::string() : std::string(written);
}

void add_name(certificate& described, const GENERAL_NAME& name) {
    switch (name.type) {
    case GEN_DNS:
        described.dns_names.push_back(text_of_string(name.d.dNSName));
        break;
    case GEN_IPADD:
        described.ip_addresses.push_back(text_of_address(name.d.iPAddress));
        break;
    case GEN_EMAIL:
        described.email_addresses.push_back(text_of_string(name.d.rfc822Name));
        break;
    case GEN_URI:
        described.uris.push_back(text_of_string(name.d.uniformResourceIdentifier));
        break;
    default:
        break;
    }
}

}  // namespace

std::string text_of_name(const X509_NAME* name) {
    const bio_pointer out(BIO_new(BIO_s_mem()));
    if (out == nullptr || name == nullptr ||
        X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
        return {};
    return written_to(*out);
}

certificate describe(X509& shown) {
    certificate described;
    described.subject = text_of_name(X509_get_subject_name(&shown));
    described.issuer = text_of_name(X509_get_issuer_name(&shown));

    const names_pointer names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&shown, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i)
        add_name(described, *sk_GENERAL_NAME_value(names.get(), i));

    const bio_pointer out(BIO_new(BIO_s_mem()));
    if (out != nullptr && PEM_write_bio_X509(out.get(), &shown) == 1)
        described.pem = written_to(*out);
    if (const int size = i2d_X509(&shown, nullptr); size > 0) {
        described.der.resize(static_cast<std::size_t>(size));
        auto* at = reinterpret_cast<unsigned char*>(described.der.data());
        i2d_X509(&shown, &at);
    }
    return described;
}

}  // namespace ringlet::tls::detail
