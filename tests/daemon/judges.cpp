// Proxies and clients that others wrote: they send headers to our server, and read ours.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "connected_pair.hpp"
#include "receive.hpp"
#include "run_coroutine.hpp"
#include "serving_thread.hpp"
#include "temporary_directory.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/proxy.hpp>
#include <ringlet/daemon/send_proxy_header.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <fcntl.h>

#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tests::daemon_judges {

using ringlet::address;
using ringlet::task;
using ringlet::daemon::proxied;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_tlv;
using ringlet::daemon::proxy_version;

namespace {

const char* const nginx_streams = "/usr/lib/nginx/modules/ngx_stream_module.so";

void require_program(const std::string& name) {
    child_process look_up({"sh", "-c", "command -v " + name + " >/dev/null"});
    if (look_up.wait() != 0)
        SKIP(name << " is not here; the Debian package of this name has it");
}

/// What a proxy has said of a client, in words.
std::string words_of(const proxy_header* said) {
    if (said == nullptr)
        return "nothing";
    std::string words = said->version == proxy_version::v1 ? "v1" : "v2";
    if (said->local)
        words += " local";
    if (said->crc32c())
        words += " checked";
    if (said->unique_id())
        words += " id=" + std::string(*said->unique_id());
    if (said->alpn())
        words += " alpn=" + std::string(*said->alpn());
    if (said->authority())
        words += " for=" + std::string(*said->authority());
    if (const auto tls = said->tls())
        words += tls->spoken ? " " + tls->version : " plain";
    return words;
}

/// Answers a request of HTTP with the client's address, and what its proxy has said.
task<> tell(ringlet::stream& client, const address& from) {
    ringlet::reader in(client);
    while (const auto line = co_await in.read_line())
        if (line->empty() || *line == "\r")
            break;
    const std::string body = from.to_string() + " " + words_of(proxied(client));
    const std::string size = std::to_string(body.size());
    co_await client.send_all("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ", size,
                             "\r\n\r\n", body);
}

/// A server of ours behind proxies.
class server_behind {
public:
    explicit server_behind(const char* host = "127.0.0.1")
        : server_(address(host, 0), tell, options()), serving_(server_) {}

    [[nodiscard]] address place() const { return server_.server_address(); }

private:
    static ringlet::server_options options() {
        ringlet::server_options made;
        made.establish = {ringlet::daemon::proxy({.trusted = {"127.0.0.0/8", "::1"}})};
        return made;
    }

    ringlet::tcp_server server_;
    serving_thread serving_;
};

/// A socket that listens already, for a program that takes it over: so no two tests want one port,
/// and a client need not wait until the program is ready.
ringlet::socket inherited_listener() {
    ringlet::socket listening = tcp_listener();
    REQUIRE(::fcntl(listening.native_handle(), F_SETFD, 0) == 0);
    return listening;
}

/// HAProxy with `lines` in its configuration, in which FD stands for the socket that listens.
class haproxy {
public:
    explicit haproxy(const std::string& lines)
        : listening_((require_program("haproxy"), inherited_listener())),
          program_({"haproxy", "-db", "-f", configure(lines)}) {
        place_ = listening_.local_address();
        listening_ = ringlet::socket();
    }

    [[nodiscard]] const address& place() const noexcept { return place_; }

private:
    std::string configure(std::string lines) {
        const std::string number = std::to_string(listening_.native_handle());
        lines.replace(lines.find("FD"), 2, "fd@" + number);
        return directory_.write("haproxy.cfg", "defaults\n  timeout connect 30s\n"
                                               "  timeout client 30s\n  timeout server 30s\n" +
                                                   lines);
    }

    temporary_directory directory_;
    ringlet::socket listening_;
    child_process program_;
    address place_;
};

/// nginx with a server of streams, in whose configuration PLACE stands for where it listens.
class nginx {
public:
    explicit nginx(const std::string& server)
        : listening_((require_streams(), inherited_listener())),
          program_({"env", "NGINX=" + std::to_string(listening_.native_handle()) + ";", "nginx",
                    "-p", directory_.path().string(), "-e", "stderr", "-c", configure(server)}) {
        place_ = listening_.local_address();
        listening_ = ringlet::socket();
    }
    nginx(const nginx&) = delete;
    nginx& operator=(const nginx&) = delete;
    ~nginx() {
        try {
            program_.signal(SIGTERM);  // which has it end its worker too
            program_.wait();
        } catch (const std::exception&) {
            // The destructor of the program kills it.
        }
    }

    [[nodiscard]] const address& place() const noexcept { return place_; }

private:
    static void require_streams() {
        require_program("nginx");
        if (!std::filesystem::exists(nginx_streams))
            SKIP("nginx has no streams; the Debian package libnginx-mod-stream has them");
    }

    std::string configure(std::string server) {
        server.replace(server.find("PLACE"), 5, listening_.local_address().to_string());
        return directory_.write("nginx.conf",
                                "load_module " + std::string(nginx_streams) +
                                    ";\ndaemon off; worker_processes 1; pid nginx.pid;\n"
                                    "error_log stderr; events {}\nstream { server { " +
                                    server + " } }\n");
    }

    temporary_directory directory_;
    ringlet::socket listening_;
    child_process program_;
    address place_;
};

/// What our server answers, in the body, a client that comes by the proxy at `place`; and what the
/// client's own address is.
std::pair<std::string, std::string> asked_by(const address& place) {
    blocking_client client(place);
    client.send("GET / HTTP/1.0\r\n\r\n");
    const std::string answer = client.receive_all();
    const auto body = answer.find("\r\n\r\n");
    return {body == std::string::npos ? answer : answer.substr(body + 4),
            client.local_address().to_string()};
}

/// What a server at `place` answers when our sender has told it of a client, and asked.
std::string answer_to(const address& place, const proxy_header& header, const char* question = "") {
    return run_coroutine([&]() -> task<std::string> {
        ringlet::stream server = co_await ringlet::connect(place);
        co_await send_proxy_header(server, header);
        co_await server.send_all(question);
        std::string answer = co_await receive(server, 10'000);
        co_await server.close();
        co_return answer;
    });
}

/// Headers of either version, with which our sender tells of clients.
std::vector<proxy_header> headers_to_send() {
    proxy_header v4{.source = "192.0.2.1:4660", .destination = "198.51.100.2:443"};
    proxy_header v6{.source = "[2001:db8::1]:4660", .destination = "[2001:db8::2]:443"};
    std::vector<proxy_header> all;
    for (proxy_header header : {v4, v6}) {
        header.version = proxy_version::v1;
        all.push_back(header);
        header.version = proxy_version::v2;
        all.push_back(header);
        header.set(proxy_tlv::crc32c, "");
        header.set(proxy_tlv::alpn, "h2");
        header.set_tls({.version = "TLSv1.3"});
        all.push_back(header);
    }
    return all;
}

}  // namespace

TEST_CASE("curl says who it is, in a line of version 1", "[daemon]") {
    require_program("curl");
    for (const char* const host : {"127.0.0.1", "::1"}) {
        const server_behind server(host);
        child_process curl({"curl", "--silent", "--show-error", "--max-time", "30",
                            "--haproxy-protocol", "--write-out", "\n%{local_ip} %{local_port}\n",
                            "http://" + server.place().to_string() + "/"});
        const std::string answer = curl.read_line();
        const std::string own = curl.read_line();
        CHECK(curl.wait() == 0);
        const auto blank = own.find(' ');
        const address client(own.substr(0, blank), std::stoi(own.substr(blank + 1)));
        CHECK(answer == client.to_string() + " v1");
    }
}

TEST_CASE("HAProxy tells our server of its clients, in every way that it knows", "[daemon]") {
    const server_behind server;
    for (const auto& [options, words] : std::vector<std::pair<std::string, std::string>>{
             {"send-proxy", " v1"},
             {"send-proxy-v2", " v2"},
             {"send-proxy-v2 proxy-v2-options crc32c,unique-id,authority", " v2 checked id=its-id"},
             {"send-proxy-v2-ssl-cn", " v2 plain"}}) {
        INFO(options);
        const haproxy proxy("listen front\n  bind FD\n  unique-id-format its-id\n  server behind " +
                            server.place().to_string() + " " + options + "\n");
        const auto [answer, client] = asked_by(proxy.place());
        CHECK(answer == client + words);
    }
}

TEST_CASE("nginx tells our server of its clients", "[daemon]") {
    const server_behind server;
    const nginx proxy("listen PLACE; proxy_protocol on; proxy_pass " + server.place().to_string() +
                      ";");
    const auto [answer, client] = asked_by(proxy.place());
    CHECK(answer == client + " v1");
}

TEST_CASE("HAProxy reads our headers", "[daemon]") {
    const haproxy server(
        "listen front\n  mode http\n  bind FD accept-proxy\n"
        "  http-request return status 200 content-type text/plain lf-string "
        "\"%[src] %[src_port] %[dst] %[dst_port] %[fc_rcvd_proxy] %[fc_pp_authority] "
        "%[fc_pp_unique_id].\"\n");
    for (proxy_header header : headers_to_send()) {
        std::string facts = "1  .";
        if (!header.tlvs.empty()) {
            header.set(proxy_tlv::authority, "example.org");
            header.set(proxy_tlv::unique_id, "its-id");
            facts = "1 example.org its-id.";
        }
        const std::string answer = answer_to(server.place(), header, "GET / HTTP/1.0\r\n\r\n");
        INFO(answer);
        CHECK(answer.ends_with("\r\n\r\n" + header.source.host() + " 4660 " +
                               header.destination.host() + " 443 " + facts));
    }
}

TEST_CASE("nginx reads our headers", "[daemon]") {
    const nginx server("listen PLACE proxy_protocol; "
                       "return \"$proxy_protocol_addr $proxy_protocol_port "
                       "$proxy_protocol_server_addr $proxy_protocol_server_port\";");
    for (const proxy_header& header : headers_to_send())
        CHECK(answer_to(server.place(), header) ==
              header.source.host() + " 4660 " + header.destination.host() + " 443");
}

}  // namespace tests::daemon_judges
