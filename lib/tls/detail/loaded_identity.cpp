#include "loaded_identity.hpp"

#include "certificate_text.hpp"
#include "error_codes.hpp"
#include "secret.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/tls/errc.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

namespace ringlet::tls::detail {

namespace {

std::system_error unreadable(const std::string& path) {
    return {errno, std::system_category(), "cannot read the file " + path};
}

/// Opens a file that can be read again and again, unlike a FIFO, and without waiting, as for
/// whoever writes into one. Its size goes to `size`.
ringlet::detail::owned_descriptor open_file(const std::string& path, std::size_t& size) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        throw unreadable(path);
    ringlet::detail::owned_descriptor file(fd, "open");
    struct stat found {};
    if (::fstat(fd, &found) < 0)
        throw unreadable(path);
    if (!S_ISREG(found.st_mode))
        throw std::system_error(
            std::make_error_code(S_ISDIR(found.st_mode) ? std::errc::is_a_directory
                                                        : std::errc::invalid_argument),
            path + " is no regular file, as certificates and keys are; give what it has as text");
    size = static_cast<std::size_t>(found.st_size);
    return file;
}

std::string name_of(const pem& source) {
    return source.is_file() ? "the file " + source.value() : "the text in memory";
}

bio_pointer reader_of(const std::string& text) {
    bio_pointer reader(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    require(reader != nullptr, "BIO_new_mem_buf");
    return reader;
}

/// Whether the queue of errors says that a text had no more of what was looked for, but for errors
/// of other kinds. It is then empty.
bool at_end_of_text() {
    const unsigned long last = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

struct passphrase_request {
    const std::function<std::string()>& ask;
    bool wanted = false;
    std::exception_ptr failure{};
};

// A pem_password_cb: without it OpenSSL would ask at the terminal.
int give_passphrase(char* buffer, int size, int /*writing*/, void* argument) noexcept {
    auto& request = *static_cast<passphrase_request*>(argument);
    request.wanted = true;
    try {
        if (!request.ask)
            return -1;
        std::string passphrase = request.ask();
        const text_wiper wiped(passphrase);
        if (passphrase.size() > static_cast<std::size_t>(size))
            return -1;
        return static_cast<int>(passphrase.copy(buffer, passphrase.size()));
    } catch (...) {
        request.failure = std::current_exception();
        return -1;
    }
}

key_pointer key_of(const identity& source) {
    std::string text = text_of(source.key);
    const text_wiper wiped(text);
    const bio_pointer reader = reader_of(text);
    passphrase_request request{source.passphrase};
    ERR_clear_error();
    key_pointer key(PEM_read_bio_PrivateKey(reader.get(), nullptr, give_passphrase, &request));
    ERR_clear_error();
    if (request.failure)
        std::rethrow_exception(request.failure);
    if (key == nullptr)
        throw std::system_error(request.wanted ? errc::wrong_passphrase : errc::unreadable_key,
                                name_of(source.key));
    return key;
}

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

}  // namespace

std::string text_of(const pem& source) {
    if (!source.is_file())
        return source.value();
    std::size_t size = 0;
    const ringlet::detail::owned_descriptor file = open_file(source.value(), size);
    std::string text(size, '\0');  // which never grows, so that there is no copy of a key
    std::size_t end = 0;
    while (end < size) {
        const ssize_t count = ::read(file.native_handle(), text.data() + end, size - end);
        if (count < 0)
            throw unreadable(source.value());
        if (count == 0)
            break;
        end += static_cast<std::size_t>(count);
    }
    text.resize(end);
    return text;
}

std::vector<certificate_pointer> certificates_of(const pem& source, const std::string& wanted) {
    const std::string text = text_of(source);
    const bio_pointer reader = reader_of(text);
    std::vector<certificate_pointer> certificates;
    ERR_clear_error();
    while (X509* const read = PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr))
        certificates.emplace_back(read);
    if (!at_end_of_text() || certificates.empty())
        throw std::system_error(errc::unreadable_certificate, wanted + ", " + name_of(source));
    return certificates;
}

loaded_identity::loaded_identity(const identity& source)
    : chain_(certificates_of(source.certificate, "the certificate")), key_(key_of(source)) {
    X509& own = *chain_.front();
    description_ = source.certificate.is_file() ? source.certificate.value()
                                                : text_of_name(X509_get_subject_name(&own));
    if (X509_check_private_key(&own, key_.get()) != 1) {
        ERR_clear_error();
        throw std::system_error(errc::key_mismatch, description_);
    }
    for (std::string& name : describe(own).dns_names)
        names_.push_back(lower_case(std::move(name)));
    std::ranges::sort(names_);
    for (const certificate_pointer& each : chain_) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned size = 0;
        require(X509_digest(each.get(), EVP_sha256(), bytes.data(), &size) == 1, "X509_digest");
        digest_.append(reinterpret_cast<const char*>(bytes.data()), size);
    }
}

bool loaded_identity::expired() const noexcept {
    return X509_cmp_current_time(X509_get0_notAfter(chain_.front().get())) < 0;
}

void loaded_identity::use_in(SSL_CTX& context) const {
    const std::string call = "the certificate " + description_;
    ERR_clear_error();
    require(SSL_CTX_use_certificate(&context, chain_.front().get()) == 1, call.c_str());
    require(SSL_CTX_use_PrivateKey(&context, key_.get()) == 1, call.c_str());
    for (std::size_t i = 1; i < chain_.size(); ++i)
        require(SSL_CTX_add1_chain_cert(&context, chain_[i].get()) == 1, call.c_str());
}

}  // namespace ringlet::tls::detail
