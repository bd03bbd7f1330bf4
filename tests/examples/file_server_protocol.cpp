// What RFC 9110 and RFC 9112 ask of a server, as far as the file server meets it.

#include "served_directory.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

namespace tests::examples_file_server_protocol {

namespace {

const std::string ok = "HTTP/1.1 200 OK";
const std::string ten = "0123456789";

/// Whether the connection of `client` goes on, which one more request tells.
bool goes_on(blocking_client& client) {
    client.send(http_request_for("/ten"));
    return receive_response(client).body == ten;
}

}  // namespace

TEST_CASE("a connection lasts as its client's version and options have it", "[examples]") {
    served_directory served;
    struct expectation {
        std::string version;
        std::string fields;
        std::string option;  // of the response
    };
    for (const auto& [version, fields, option] : std::vector<expectation>{
             {"1.1", "", ""},
             {"1.1", "Connection: keep-alive\r\n", ""},
             {"1.1", "Connection: closed, not-close\r\n", ""},
             {"1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", ""},
             {"1.1", "Connection: close\r\n", "close"},
             {"1.1", "CONNECTION:CLOSE\r\n", "close"},
             {"1.1", "Connection: TE, close\r\n", "close"},
             {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", "close"},
             {"1.0", "", "close"},
             {"1.0", "Connection: not-keep-alive\r\n", "close"},
             {"1.0", "Connection: keep-alive, close\r\n", "close"},
             {"1.0", "Connection: Keep-Alive\r\n", "keep-alive"},
             {"1.0", "Connection: TE, keep-alive\r\n", "keep-alive"},
         }) {
        INFO(version << " " << fields);
        blocking_client client(served.server().address());
        client.send(std::string("GET /ten HTTP/")
                        .append(version)
                        .append("\r\nHost: test\r\n")
                        .append(fields)
                        .append("\r\n"));
        const http_response got = receive_response(client);
        CHECK(got.status == ok);
        CHECK(got.body == ten);
        CHECK(got.field("connection") == option);
        if (option == "close")
            CHECK(client.receive_all().empty());
        else
            CHECK(goes_on(client));
    }
}

TEST_CASE("a body that nobody wants is dropped, and the next request comes behind it",
          "[examples]") {
    served_directory served;
    const std::string method = GENERATE("GET", "HEAD", "POST");
    for (const std::string& framed : std::vector<std::string>{
             "Content-Length: 0\r\n\r\n",
             "Content-Length: 5\r\n\r\nhello",
             "Content-Length: 60000\r\n\r\n" + std::string(60'000, 'x'),
             "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             ("Transfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n"
              "Host: trailer\r\nConnection: close\r\n\r\n"),
         }) {
        INFO(method << " " << framed.substr(0, 80));
        blocking_client client(served.server().address());
        client.send(std::string(method).append(" /ten HTTP/1.1\r\nHost: test\r\n").append(framed));
        const http_response got = receive_response(client, method == "HEAD");
        CHECK(got.status == (method == "POST" ? "HTTP/1.1 405 Method Not Allowed" : ok));
        CHECK(got.field("connection").empty());
        CHECK(goes_on(client));
    }
}

TEST_CASE("a body that is too large to be dropped ends its connection", "[examples]") {
    served_directory served;
    for (const std::string& fields : std::vector<std::string>{
             "Content-Length: 100000\r\n\r\n",  // and so before it comes
             "Transfer-Encoding: chunked\r\n\r\n11170\r\n" + std::string(0x11170, 'x'),
             "Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: " + std::string(70'000, 'x'),
         }) {
        INFO(fields.substr(0, 80));
        blocking_client client(served.server().address());
        client.send("GET /ten HTTP/1.1\r\nHost: test\r\n" + fields);
        const http_response got = receive_response(client);
        CHECK(got.status == "HTTP/1.1 413 Content Too Large");
        CHECK(got.has("connection: close"));
        CHECK(client.receive_all().empty());
    }
}

TEST_CASE("a client that asks before it sends a body is told the end at once", "[examples]") {
    served_directory served;
    const std::string asking = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    blocking_client client(served.server().address());
    client.send(http_request_for("/ten", asking, "POST"));
    const http_response got = receive_response(client);
    CHECK(got.status == "HTTP/1.1 405 Method Not Allowed");
    CHECK(got.has("connection: close"));
    CHECK(client.receive_all().empty());

    blocking_client without_body(served.server().address());
    CHECK(ask(without_body, "/ten", "Expect: 100-continue\r\n").body == ten);
    CHECK(goes_on(without_body));

    blocking_client old(served.server().address());  // must not be understood so
    old.send("GET /ten HTTP/1.0\r\nConnection: keep-alive\r\n" + asking + "\r\nhello");
    CHECK(receive_response(old).body == ten);
    CHECK(goes_on(old));

    blocking_client demanding(served.server().address());
    CHECK(ask(demanding, "/ten", "Expect: wonders\r\n").status ==
          "HTTP/1.1 417 Expectation Failed");
}

TEST_CASE("a request whose end two servers may see at two places is refused", "[examples]") {
    served_directory served;
    const std::string bad = "400 Bad Request";
    const std::string smuggled = "GET /ten HTTP/1.1\r\nHost: test\r\n\r\n";
    struct expectation {
        std::string fields;
        std::string status;
    };
    for (const auto& [fields, status] : std::vector<expectation>{
             {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad},
             {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", bad},
             {"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", bad},
             {"Content-Length: +1\r\n\r\na", bad},
             {"Content-Length: 1 1\r\n\r\na", bad},
             {"Content-Length: 1, 2\r\n\r\na", bad},
             {"Content-Length: 0x1\r\n\r\na", bad},
             {"Content-Length: -1\r\n\r\n", bad},
             {"Content-Length:\r\n\r\n", bad},
             {"Content-Length: 18446744073709551617\r\n\r\na", bad},
             {"Content-Length : 1\r\n\r\na", bad},
             {"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", bad},
             {"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501 Not Implemented"},
             {"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", bad},
             {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", bad},
             {"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501 Not Implemented"},
             {"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", bad},
             {"Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n", bad},
             {"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", bad},
             {"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na\r\n0\r\n\r\n", bad},
             {"A: b\nC: d\r\n\r\n", bad},
             {"A: b\rTransfer-Encoding: chunked\r\n\r\n", bad},
             {"A: b\r\n\rC: d\r\n\r\n", bad},
             {std::string("A: b\0c\r\n\r\n", 10), bad},
         }) {
        INFO(fields);
        blocking_client client(served.server().address());
        client.send(
            std::string("GET /empty HTTP/1.1\r\nHost: test\r\n").append(fields).append(smuggled));
        const http_response got = receive_response(client);
        CHECK(got.status == "HTTP/1.1 " + status);
        CHECK(got.has("connection: close"));
        CHECK(client.receive_all().empty());
    }
    blocking_client old(served.server().address());
    old.send("GET /ten HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    CHECK(receive_response(old).status == "HTTP/1.1 " + bad);
    CHECK(old.receive_all().empty());
}

TEST_CASE("a request names its host once, or else its target does", "[examples]") {
    served_directory served;
    const auto status = [&](const std::string& target, const std::string& fields) {
        blocking_client client(served.server().address());
        client.send("GET " + target + "\r\n" + fields + "\r\n");
        return receive_response(client).status;
    };
    for (const std::string host : {"Host: test\r\n", "Host: [::1]:80\r\n", "Host:\r\n"}) {
        INFO(host);
        CHECK(status("/ten HTTP/1.1", host) == ok);
        CHECK(status("http://other/ten HTTP/1.1", host) == ok);
        CHECK(status("HTTP://other?query HTTP/1.1", host) == ok);
    }
    CHECK(status("/ten HTTP/1.0", "") == ok);
    for (const std::string hosts : {"", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: a/b\r\n",
                                    "Host: me@a\r\n", "Host: a\r\n folded\r\n"}) {
        INFO(hosts);
        CHECK(status("/ten HTTP/1.1", hosts) == "HTTP/1.1 400 Bad Request");
        CHECK(status("http://a/ten HTTP/1.1", hosts) == "HTTP/1.1 400 Bad Request");
    }
}

TEST_CASE("requests are the same however their bytes come", "[examples]") {
    served_directory served;
    const std::string requests =
        http_request_for("/ten") + "\r\n" + http_request_for("/none", "", "HEAD") +
        http_request_for("/ten", "Range: bytes=2-4\r\nContent-Length: 5\r\n") + "hello" +
        http_request_for("/in%20ner/file.txt", "Transfer-Encoding: chunked\r\n") +
        "5\r\nhello\r\n0\r\nA: b\r\n\r\n" + http_request_for("/ten", "Connection: close\r\n");
    blocking_client whole(served.server().address());
    whole.send(requests);
    const std::string answers = whole.receive_all();
    CHECK(std::count(answers.begin(), answers.end(), '\n') > 25);
    const auto without_dates = [](std::string text) {
        for (std::size_t at = 0; (at = text.find("\r\nDate: ", at)) != std::string::npos; at += 8)
            text.erase(at + 8, text.find("\r\n", at + 8) - at - 8);
        return text;
    };
    for (std::size_t size = 1; size < requests.size(); ++size) {
        CAPTURE(size);
        blocking_client client(served.server().address());
        client.send(requests.substr(0, size));
        client.send(requests.substr(size));
        CHECK(without_dates(client.receive_all()) == without_dates(answers));
    }
}

TEST_CASE("a client is told when a file has last been changed", "[examples]") {
    served_directory served;
    blocking_client client(served.server().address());
    for (const auto& [seconds, date] : std::vector<std::pair<std::int64_t, std::string>>{
             {784'111'777, "sun, 06 nov 1994 08:49:37 gmt"},
             {951'825'600, "tue, 29 feb 2000 12:00:00 gmt"},
             {0, "thu, 01 jan 1970 00:00:00 gmt"},
         }) {
        const std::chrono::sys_seconds modified{std::chrono::seconds(seconds)};
        std::filesystem::last_write_time(served.root() / "ten",
                                         std::chrono::file_clock::from_sys(modified));
        CHECK(ask(client, "/ten").field("last-modified") == date);
    }
    const auto future = std::chrono::file_clock::now() + std::chrono::hours(24 * 365 * 3);
    std::filesystem::last_write_time(served.root() / "ten", future);
    const http_response got = ask(client, "/ten");
    CHECK(got.field("last-modified").substr(0, 16) == got.field("date").substr(0, 16));
}

TEST_CASE("a client that has the file is told so", "[examples]") {
    served_directory served;
    blocking_client client(served.server().address());
    std::filesystem::last_write_time(served.root() / "ten",
                                     std::filesystem::file_time_type::clock::now() -
                                         std::chrono::hours(1));
    const http_response first = ask(client, "/ten");
    const std::string etag = first.field("etag");
    const std::string modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    CHECK(first.field("date").ends_with(" gmt"));
    CHECK(first.field("last-modified").ends_with(" gmt"));
    CHECK((etag.starts_with('"') && etag.ends_with("-a\"")));
    const std::string date = first.field("last-modified").substr(0, 26) + "GMT";
    struct expectation {
        std::string fields;
        std::string status;
    };
    const std::string& past = modified;
    const std::string future = "Sunday, 06-Nov-44 08:49:37 GMT";
    for (const auto& [fields, status] : std::vector<expectation>{
             {"If-None-Match: " + etag, "304 Not Modified"},
             {"If-None-Match: \"a\", W/" + etag, "304 Not Modified"},
             {"If-None-Match: \"a\"\r\nIf-None-Match: " + etag, "304 Not Modified"},
             {"If-None-Match: *", "304 Not Modified"},
             {"If-None-Match: \"a\"", "200 OK"},
             {"If-Modified-Since: " + date, "304 Not Modified"},
             {"If-Modified-Since: " + future, "304 Not Modified"},
             {"If-Modified-Since: " + past, "200 OK"},
             {"If-Modified-Since: Sun Nov  6 08:49:37 1994", "200 OK"},
             {"If-Modified-Since: yesterday", "200 OK"},
             {"If-None-Match: \"a\"\r\nIf-Modified-Since: " + date, "200 OK"},
             {"If-Match: " + etag, "200 OK"},
             {"If-Match: *", "200 OK"},
             {"If-Match: \"a\"", "412 Precondition Failed"},
             {"If-Match: W/" + etag, "412 Precondition Failed"},
             {"If-Unmodified-Since: " + date, "200 OK"},
             {"If-Unmodified-Since: " + past, "412 Precondition Failed"},
             {std::string("If-Match: ")
                  .append(etag)
                  .append("\r\nIf-Unmodified-Since: ")
                  .append(past),
              "200 OK"},
             {"Range: bytes=1-2\r\nIf-Range: " + etag, "206 Partial Content"},
             {"Range: bytes=1-2\r\nIf-Range: " + date, "206 Partial Content"},
             {"Range: bytes=1-2\r\nIf-Range: W/" + etag, "200 OK"},
             {"Range: bytes=1-2\r\nIf-Range: " + past, "200 OK"},
             {"Range: bytes=1-2\r\nIf-None-Match: " + etag, "304 Not Modified"},
         }) {
        INFO(fields);
        const http_response got = ask(client, "/ten", fields + "\r\n");
        CHECK(got.status == "HTTP/1.1 " + status);
        if (got.status.find("412") == std::string::npos)
            CHECK(got.field("etag") == etag);
        if (got.status.find("200") != std::string::npos)
            CHECK(got.body == ten);
    }
    served.folder().write("root/ten", "9876543210");
    CHECK(ask(client, "/ten", "If-None-Match: " + etag + "\r\n").body == "9876543210");
    CHECK(ask(client, "/ten", "If-Modified-Since: " + date + "\r\n").body == "9876543210");
}

}  // namespace tests::examples_file_server_protocol
