#include "eventually.hpp"
#include "served_directory.hpp"

#include <sys/resource.h>

#include <fstream>
#include <vector>

namespace tests::examples_file_server {

TEST_CASE("Python's clients get files, ranges of files, many of them, and all at once",
          "[examples]") {
    served_directory served;
    std::string numbers;
    for (int i = 0; i < 50'000; ++i)
        numbers += std::to_string(i) + "\n";
    served.folder().write("root/numbers.txt", numbers);
    const auto sparse = served.folder().write_sparse("root/sparse.bin", std::uint64_t{64} << 20U);
    std::fstream(sparse, std::ios::in | std::ios::out).seekp(40'000'000) << "not all is 0";
    child_process client({"python3", test_file("file_client.py"),
                          served.server().address().to_string(), served.root()});
    CHECK(client.err().read_rest() == "");
    CHECK(client.wait() == 0);
    served.server().signal(SIGTERM);
    CHECK(served.server().err().read_rest() == "");
    CHECK(served.server().wait() == 0);
}

TEST_CASE("a range is answered as RFC 9110 has it", "[examples]") {
    served_directory served;
    blocking_client client(served.server().address());
    struct expectation {
        std::string range;
        std::string content_range;  // empty where the range is ignored
        std::string body;
    };
    for (const auto& [range, content_range, body] : std::vector<expectation>{
             {"bytes=2-4", "2-4", "234"},
             {"bytes=0-0", "0-0", "0"},
             {"bytes=9-", "9-9", "9"},
             {"bytes=0-", "0-9", "0123456789"},
             {"bytes=3-99999999999999999999999", "3-9", "3456789"},
             {"bytes=-3", "7-9", "789"},
             {"bytes=-30", "0-9", "0123456789"},
             {"bytes=4-2", "", ""},
             {"bytes=1-2,4-5", "", ""},
             {"bytes=a-b", "", ""},
             {"bytes=-", "", ""},
             {"bytes=1", "", ""},
             {"bytes=+1-2", "", ""},
             {"lines=1-2", "", ""},
         }) {
        INFO(range);
        const http_response got = ask(client, "/ten", "Range: " + range + "\r\n");
        CHECK(got.status ==
              (content_range.empty() ? "HTTP/1.1 200 OK" : "HTTP/1.1 206 Partial Content"));
        CHECK(got.body == (content_range.empty() ? "0123456789" : body));
        CHECK(got.has("content-range: bytes " + content_range + "/10") != content_range.empty());
    }
    for (const std::string range : {"bytes=10-", "bytes=99999999999999999999999-", "bytes=-0"}) {
        INFO(range);
        const http_response got = ask(client, "/ten", "Range: " + range + "\r\n");
        CHECK(got.status == "HTTP/1.1 416 Range Not Satisfiable");
        CHECK(got.has("content-range: bytes */10"));
    }
    CHECK(ask(client, "/empty", "Range: bytes=0-\r\n").status ==
          "HTTP/1.1 416 Range Not Satisfiable");
    CHECK(ask(client, "/empty", "Range: bytes=-1\r\n").status == "HTTP/1.1 200 OK");
    CHECK(ask(client, "/ten", "Range: bytes=1-2\r\nIf-Range: \"x\"\r\n").body == "0123456789");
}

TEST_CASE("a connection lasts for many requests, also such as come at once", "[examples]") {
    served_directory served;
    blocking_client client(served.server().address());
    client.send(http_request_for("/ten") + "\r\n" + http_request_for("/none") +
                http_request_for("/ten", "", "HEAD") +
                http_request_for("/in%20ner/file.txt?query#fragment"));
    CHECK(receive_response(client).body == "0123456789");
    CHECK(receive_response(client).status == "HTTP/1.1 404 Not Found");
    const http_response head = receive_response(client, true);
    CHECK(head.status == "HTTP/1.1 200 OK");
    CHECK(head.has("content-length: 10"));
    const http_response inner = receive_response(client);
    CHECK(inner.status == "HTTP/1.1 200 OK");  // right behind that head
    CHECK(inner.body == "inner");
    CHECK(ask(client, "/").has("content-type: text/html; charset=utf-8"));
    CHECK(ask(client, "/ten", "Connection: close\r\n").has("connection: close"));
    CHECK(client.receive_all().empty());
    blocking_client old(served.server().address());
    old.send("GET /ten HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(receive_response(old).body == "0123456789");
    old.send("GET /ten HTTP/1.0\r\n\r\n");
    CHECK(receive_response(old).body == "0123456789");
    CHECK(old.receive_all().empty());
}

TEST_CASE("no path leads out of the directory", "[examples]") {
    served_directory served;
    blocking_client client(served.server().address());
    for (const std::string path :
         {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/in%20ner/../../secret", "/out",
          "/parent/secret", "//etc/passwd", "/%2fetc/passwd", "/..", "/../", "/.%00./secret",
          "/\\..\\secret", "/none", "/in%20ner", "/ten/", "/ten%00.txt"}) {
        INFO(path);
        const http_response got = ask(client, path);
        CHECK(got.status == "HTTP/1.1 404 Not Found");
        CHECK(got.body == "404 Not Found\n");
    }
    CHECK(ask(client, "/in%20ner/../ten").body == "0123456789");
    CHECK(ask(client, "/" + std::string(5'000, 'x')).status == "HTTP/1.1 404 Not Found");
}

TEST_CASE("a file server that runs out of descriptors says so, and goes on", "[examples]") {
    served_directory served("20s", [] {
        const rlimit few{16, 16};
        return ::setrlimit(RLIMIT_NOFILE, &few) == 0;
    });
    std::vector<blocking_client> clients;
    bool refused = false;
    while (!refused && clients.size() < 16) {
        clients.emplace_back(served.server().address());
        const std::string status = ask(clients.back(), "/ten").status;
        refused = status == "HTTP/1.1 503 Service Unavailable";
        CHECK((refused || status == "HTTP/1.1 200 OK"));
    }
    CHECK(refused);
    clients.pop_back();
    clients.pop_back();
    CHECK(eventually([&] { return ask(clients.back(), "/ten").status == "HTTP/1.1 200 OK"; }));
    CHECK(served.server().err().read_until("\n").find("Too many open files") != std::string::npos);
}

TEST_CASE("a request that makes no sense is refused, and ends its connection", "[examples]") {
    served_directory served;
    const std::string bad = "400 Bad Request";
    struct expectation {
        std::string sent;
        std::string status;
    };
    for (const auto& [sent, status] : std::vector<expectation>{
             {"GET\r\n\r\n", bad},
             {"GET /ten\r\n\r\n", bad},
             {"GET ten HTTP/1.1\r\nHost: test\r\n\r\n", bad},
             {"GET /ten HTTP/2.0\r\nHost: test\r\n\r\n", "505 HTTP Version Not Supported"},
             {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"},
             {"GET /ten HTTP/1.1\r\n\r\n", bad},
             {http_request_for("/ten", "Host: again\r\n"), bad},
             {http_request_for("/ten", "no colon\r\n"), bad},
             {http_request_for("/ten", "Name : value\r\n"), bad},
             {http_request_for("/ten", " folded: value\r\n"), bad},
             {http_request_for("/ten", ": no name\r\n"), bad},
             {http_request_for("/" + std::string(9'000, 'x')), "414 URI Too Long"},
             {http_request_for("/ten", "Long: " + std::string(40'000, 'x') + "\r\n"),
              "431 Request Header Fields Too Large"},
         }) {
        INFO(sent.substr(0, 100));
        blocking_client client(served.server().address());
        client.send(sent);
        const http_response got = receive_response(client);
        CHECK(got.status == "HTTP/1.1 " + status);
        CHECK(got.has("connection: close"));
        CHECK(client.receive_all().empty());
    }
}

TEST_CASE("a request that is refused, but whose end is known, is followed by others",
          "[examples]") {
    served_directory served;
    blocking_client client(served.server().address());
    for (const std::string target : {"/%zz", "/%4", "*", "ftp://test/ten"}) {
        INFO(target);
        CHECK(ask(client, target).status == "HTTP/1.1 400 Bad Request");
    }
    for (const std::string method : {"DELETE", "OPTIONS", "CONNECT", "POST"}) {
        INFO(method);
        client.send(http_request_for("/ten", "", method));
        const http_response got = receive_response(client);
        CHECK(got.status == "HTTP/1.1 405 Method Not Allowed");
        CHECK(got.has("allow: get, head"));
    }
    client.send(http_request_for("/none", "", "HEAD"));
    CHECK(receive_response(client, true).status == "HTTP/1.1 404 Not Found");
    CHECK(ask(client, "/ten").body == "0123456789");
}

TEST_CASE("a slow client is served, and one that does nothing is let go", "[examples]") {
    served_directory served("3s");
    served.folder().write_sparse("root/large", std::uint64_t{32} << 20U);
    blocking_client silent(served.server().address());
    blocking_client nearly_silent(served.server().address());
    nearly_silent.send("\r\n\r\n");  // is no request yet
    blocking_client greedy(served.server().address());
    greedy.send(http_request_for("/large"));

    blocking_client slow(served.server().address());
    for (const char letter : http_request_for("/large", "Connection: close\r\n"))
        slow.send(std::string(1, letter));
    std::size_t size = 0;
    for (std::string piece; !(piece = slow.receive(3'000)).empty();)
        size += piece.size();
    CHECK(size > (std::size_t{32} << 20U));

    CHECK(silent.receive_all().empty());  // once the server has had enough
    CHECK(nearly_silent.receive_all().empty());
    // One that has come later than the greedy one has taken nothing goes later, too.
    CHECK(blocking_client(served.server().address()).receive_all().empty());
    CHECK(greedy.receive_all().size() < (std::size_t{32} << 20U));
}

TEST_CASE("each answer of a file server that drains is the last on its connection", "[examples]") {
    served_directory served("20s", [] { return true; }, {"--unready-grace", "20s"});
    blocking_client client(served.server().address());
    CHECK_FALSE(ask(client, "/ten").has("connection: close"));
    served.server().signal(SIGTERM);
    CHECK(eventually([&] { return ask(client, "/ten").has("connection: close"); }));
    CHECK(client.receive_all().empty());
    blocking_client late(served.server().address());
    CHECK(ask(late, "/ten").has("connection: close"));
    served.server().signal(SIGTERM);
    CHECK(served.server().wait() == 0);
}

TEST_CASE("a file server without a directory says so", "[examples]") {
    child_process server(file_server({"--root", "/none", "--address", "127.0.0.1:0"}));
    CHECK(server.err().read_rest() ==
          "file_server: cannot open /none: No such file or directory\n");
    CHECK(server.wait() == 1);
}

}  // namespace tests::examples_file_server
