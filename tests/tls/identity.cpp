#include "catch.hpp"
#include "in_time.hpp"
#include "temporary_directory.hpp"
#include "tls/certificates.hpp"
#include "tls/detail/loaded_identity.hpp"

#include <ringlet/tls/errc.hpp>
#include <ringlet/tls/identity.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::tls_identity {

using ringlet::tls::errc;
using ringlet::tls::identity;
using ringlet::tls::pem;
using ringlet::tls::detail::loaded_identity;

namespace {

std::error_code error_of(const identity& source) {
    try {
        const loaded_identity loaded(source);
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

identity with_encrypted_key(std::function<std::string()> passphrase) {
    certificates& own = certificates::own();
    return {pem::file(own.server().certificate), pem::file(own.encrypted_key()),
            std::move(passphrase)};
}

}  // namespace

TEST_CASE("a certificate and its key come from files or from memory", "[tls]") {
    certificates& own = certificates::own();
    const issued_certificate& server = own.server();
    const loaded_identity from_files(server.identity());
    CHECK(from_files.names() == std::vector<std::string>{"example.org", "localhost"});
    CHECK(from_files.description() == server.certificate);
    CHECK_FALSE(from_files.expired());
    const loaded_identity from_memory(
        {pem::text(own.read(server.certificate)), pem::text(own.read(server.key))});
    CHECK(from_memory.digest() == from_files.digest());
    CHECK(from_memory.description() == "CN=server");
    CHECK(loaded_identity(own.server_rsa().identity()).digest() != from_files.digest());
    CHECK(loaded_identity(own.expired().identity()).expired());
}

TEST_CASE("what is no regular file is refused at once", "[tls]") {
    certificates& own = certificates::own();
    const temporary_directory directory;
    const std::string fifo = (directory.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& path : {fifo, directory.path().string(), std::string("/dev/null")}) {
        CAPTURE(path);
        const std::string refusal = in_time([&] {  // a FIFO waits for whoever writes into it
            try {
                const loaded_identity loaded({pem::file(path), pem::file(own.server().key)});
            } catch (const std::system_error& error) {
                return std::string(error.what());
            }
            return std::string("it is taken");
        });
        CHECK_THAT(refusal, StartsWith(path + " is no regular file"));
    }
}

TEST_CASE("an identity that cannot be used says why", "[tls]") {
    certificates& own = certificates::own();
    const pem certificate = pem::file(own.server().certificate);
    const pem key = pem::file(own.server().key);
    CHECK(error_of({certificate, pem::file(own.other().key)}) == errc::key_mismatch);
    CHECK(error_of({key, key}) == errc::unreadable_certificate);
    CHECK(error_of({pem::text(""), key}) == errc::unreadable_certificate);
    CHECK(error_of({certificate, certificate}) == errc::unreadable_key);
    CHECK(error_of({certificate, pem::text("no key")}) == errc::unreadable_key);
    CHECK(error_of({pem::file(own.path("none")), key}) == std::errc::no_such_file_or_directory);
    CHECK(error_of({pem::file("/"), key}) == std::errc::is_a_directory);
    const std::string half = own.read(own.server().certificate);
    CHECK(error_of({pem::text(half.substr(0, half.size() / 2)), key}) ==
          errc::unreadable_certificate);
    CHECK(error_of({pem::text(half + half.substr(0, half.size() / 2)), key}) ==
          errc::unreadable_certificate);
    CHECK_THROWS_WITH(loaded_identity({pem::file(own.path("none")), key}),
                      StartsWith("cannot read the file " + own.path("none")));
}

TEST_CASE("the passphrase of a key comes from the program, and never from a terminal", "[tls]") {
    CHECK_FALSE(error_of(with_encrypted_key([] { return "open sesame"; })));
    CHECK(error_of(with_encrypted_key([] { return "wrong"; })) == errc::wrong_passphrase);
    CHECK(error_of(with_encrypted_key([] { return std::string(10'000, 'x'); })) ==
          errc::wrong_passphrase);
    CHECK(error_of(with_encrypted_key(nullptr)) == errc::wrong_passphrase);
    CHECK_THROWS_WITH(loaded_identity(with_encrypted_key([]() -> std::string {
                          throw std::runtime_error("the vault is closed");
                      })),
                      "the vault is closed");
}

}  // namespace tests::tls_identity
