// Real clients of the file server over TLS.

#include "eventually.hpp"
#include "secured.hpp"
#include "served_directory.hpp"

#include <filesystem>
#include <string>

namespace tests::examples_file_server_tls {

namespace {

/// A file server over TLS, by a name that its certificate has.
class secured_directory : public served_directory {
public:
    secured_directory()
        : served_directory(
              "20s", [] { return true; }, with_tls({})) {}

    [[nodiscard]] std::string url(const std::string& path) {
        return "https://localhost:" + std::to_string(server().address().port()) + path;
    }
};

/// What a program prints that ends well.
std::string output_of(const command& line) {
    child_process program(line);
    std::string said = program.out().read_rest();
    CHECK(program.wait() == 0);
    return said;
}

/// The arguments of a curl that trusts an authority.
command curl(const std::string& authority, const command& arguments) {
    command line{"curl", "-q", "-sS", "--max-time", "20", "--noproxy", "*", "--cacert", authority};
    line.insert(line.end(), arguments.begin(), arguments.end());
    return line;
}

}  // namespace

TEST_CASE("curl gets files over TLS, large ones and parts too, on one connection", "[examples]") {
    require_program("curl", "curl");
    secured_directory site;
    const auto get = [&](const command& arguments) {
        return output_of(curl(issued().authority(), arguments));
    };
    CHECK(get({site.url("/ten")}) == "0123456789");
    CHECK(get({"--tlsv1.2", "--tls-max", "1.2", site.url("/ten")}) == "0123456789");
    CHECK(get({"-r", "2-4", site.url("/ten")}) == "234");
    CHECK(get({"-w", "(%{num_connects})", site.url("/ten"), site.url("/")}) ==
          "0123456789(1)<h1>index</h1>(0)");
    CHECK(get({"-w", " %{http_version}", site.url("/ten")}) == "0123456789 1.1");
    std::string much;
    for (int i = 0; i < 500'000; ++i)
        much += std::to_string(i);
    site.folder().write("root/much", much);
    CHECK((get({site.url("/much")}) == much));
}

TEST_CASE("curl trusts no authority that it does not know", "[examples]") {
    require_program("curl", "curl");
    secured_directory site;
    child_process client(curl(issued().self_signed().certificate, {site.url("/ten")}));
    CHECK(client.err().read_rest().find("unable to get local issuer") != std::string::npos);
    constexpr int peer_not_verified = 60;  // curl(1)
    CHECK(client.wait() == peer_not_verified);
}

TEST_CASE("a client that speaks no HTTP/1.1 inside is refused by the handshake", "[examples]") {
    secured_directory site;
    const std::string address = site.server().address().to_string();
    child_process client(command{"openssl", "s_client", "-connect", address, "-alpn", "h2"});
    client.close_input();
    CHECK(client.err().read_rest().find("alert no application protocol") != std::string::npos);
    CHECK(client.wait() == 1);
}

TEST_CASE("wrk finds no error over TLS", "[examples]") {
    require_program("wrk", "wrk");
    secured_directory site;
    const std::string report =
        output_of({"wrk", "-t", "1", "-c", "8", "-d", "1s", site.url("/ten")});
    INFO(report);
    CHECK(report.find("requests in") != std::string::npos);
    CHECK(report.find("Socket errors") == std::string::npos);
    CHECK(report.find("Non-2xx") == std::string::npos);
}

TEST_CASE("h2load, told to speak HTTP/1.1, finds no error over TLS", "[examples]") {
    require_program("h2load", "nghttp2-client");
    secured_directory site;
    const std::string report =
        output_of({"h2load", "--h1", "-n", "400", "-c", "8", site.url("/ten")});
    INFO(report);
    CHECK(report.find("Application protocol: http/1.1") != std::string::npos);
    CHECK(report.find("400 total, 400 started, 400 done, 400 succeeded, 0 failed, 0 errored") !=
          std::string::npos);
}

TEST_CASE("HAProxy passes requests on over TLS, and checks who answers", "[examples]") {
    require_program("haproxy", "haproxy");
    require_program("curl", "curl");
    secured_directory site;
    temporary_directory folder;
    const std::string where = folder.path() / "socket";
    folder.write("settings", "defaults\n mode http\n timeout connect 10s\n timeout client 20s\n"
                             " timeout server 20s\nlisten plain\n bind unix@" +
                                 where + "\n server one " + site.server().address().to_string() +
                                 " ssl verify required ca-file " + issued().authority() +
                                 " verifyhost localhost sni str(localhost) alpn http/1.1\n");
    const child_process haproxy(command{"haproxy", "-db", "-f", folder.path() / "settings"});
    REQUIRE(eventually([&] { return std::filesystem::exists(where); }));
    CHECK(output_of({"curl", "-q", "-sS", "--max-time", "20", "--unix-socket", where,
                     "http://test/ten", "http://test/in%20ner/file.txt"}) == "0123456789inner");
}

}  // namespace tests::examples_file_server_tls
