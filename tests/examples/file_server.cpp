#include "blocking_client.hpp"
#include "programs.hpp"
#include "temporary_directory.hpp"

#include <cctype>
#include <fstream>
#include <optional>
#include <vector>

namespace tests::examples_file_server {

namespace {

/// A file server, and the directory whose files it serves; beside that stands one with a secret.
class served_directory {
public:
    explicit served_directory(const std::string& idle_timeout = "20s") {
        folder_.write("secret", "secret");
        folder_.write("root/ten", "0123456789");
        folder_.write("root/empty", "");
        folder_.write("root/index.html", "<h1>index</h1>");
        folder_.write("root/in ner/file.txt", "inner");
        std::filesystem::create_symlink("../secret", root() / "out");
        std::filesystem::create_symlink("..", root() / "parent");
        server_.emplace("file_server", command{"--root", root(), "--address", "127.0.0.1:0",
                                               "--idle-timeout", idle_timeout});
    }

    [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "root"; }
    [[nodiscard]] temporary_directory& folder() noexcept { return folder_; }
    [[nodiscard]] example_server& server() noexcept { return *server_; }

private:
    temporary_directory folder_;
    std::optional<example_server> server_;
};

struct response {
    std::string status;
    std::string fields;  // in small letters
    std::string body;

    [[nodiscard]] bool has(const std::string& field) const {
        return fields.find("\r\n" + field + "\r\n") != std::string::npos;
    }
};

/// The next response on a connection; its status is empty where there is none.
response receive(blocking_client& client, bool to_head = false) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        const std::string next = client.receive(1);
        if (next.empty())
            return {"", head, ""};
        head += next;
    }
    response received;
    const auto end_of_line = head.find("\r\n");
    received.status = head.substr(0, end_of_line);
    for (const char letter : head.substr(end_of_line))
        received.fields += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    const std::string length = "\r\ncontent-length: ";
    const auto begin = received.fields.find(length) + length.size();
    if (!to_head)
        received.body = client.receive(std::stoull(received.fields.substr(begin)));
    return received;
}

/// A request for a path, with header fields that are each ended by "\r\n".
std::string request(const std::string& path, const std::string& fields = "",
                    const std::string& method = "GET") {
    return method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

response ask(blocking_client& client, const std::string& path, const std::string& fields = "") {
    client.send(request(path, fields));
    return receive(client);
}

}  // namespace

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

TEST_CASE("curl gets a file, resumes one, and is told what is wrong", "[examples]") {
    if (child_process({"curl", "--version"}).wait() == child_process::cannot_run)
        SKIP("there is no curl");
    served_directory served;
    const std::string url = "http://" + served.server().address().to_string();
    const auto curl = [&](command arguments) {  // NOLINT(performance-unnecessary-value-param)
        arguments.insert(arguments.begin(), {"curl", "-q", "-sS", "--path-as-is", "--max-time",
                                             "20", "--noproxy", "*"});
        return child_process(arguments).out().read_rest();
    };
    CHECK(curl({url + "/ten"}) == "0123456789");
    CHECK(curl({url + "/ten", url + "/in%20ner/file.txt", url + "/"}) ==
          "0123456789inner<h1>index</h1>");
    CHECK(curl({"-r", "2-4", url + "/ten"}) == "234");
    const auto partial = served.folder().write("partial", "0123");
    curl({"-C", "-", "-o", partial, url + "/ten"});
    CHECK(served.folder().read("partial") == "0123456789");
    CHECK(curl({"-o", "/dev/null", "-w", "%{http_code}", url + "/../secret"}) == "404");
    CHECK(curl({"-o", "/dev/null", "-w", "%{http_code}", "-d", "x", url + "/ten"}) == "405");
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
        const response got = ask(client, "/ten", "Range: " + range + "\r\n");
        CHECK(got.status ==
              (content_range.empty() ? "HTTP/1.1 200 OK" : "HTTP/1.1 206 Partial Content"));
        CHECK(got.body == (content_range.empty() ? "0123456789" : body));
        CHECK(got.has("content-range: bytes " + content_range + "/10") != content_range.empty());
    }
    for (const std::string range : {"bytes=10-", "bytes=99999999999999999999999-", "bytes=-0"}) {
        INFO(range);
        const response got = ask(client, "/ten", "Range: " + range + "\r\n");
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
    client.send(request("/ten") + "\r\n" + request("/none") + request("/ten", "", "HEAD") +
                request("/in%20ner/file.txt?query#fragment"));
    CHECK(receive(client).body == "0123456789");
    CHECK(receive(client).status == "HTTP/1.1 404 Not Found");
    const response head = receive(client, true);
    CHECK(head.status == "HTTP/1.1 200 OK");
    CHECK(head.has("content-length: 10"));
    const response inner = receive(client);
    CHECK(inner.status == "HTTP/1.1 200 OK");  // right behind that head
    CHECK(inner.body == "inner");
    CHECK(ask(client, "/").has("content-type: text/html; charset=utf-8"));
    CHECK(ask(client, "/ten", "Connection: close\r\n").has("connection: close"));
    CHECK(client.receive_all().empty());
    blocking_client old(served.server().address());
    old.send("GET /ten HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(receive(old).body == "0123456789");
    old.send("GET /ten HTTP/1.0\r\n\r\n");
    CHECK(receive(old).body == "0123456789");
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
        const response got = ask(client, path);
        CHECK(got.status == "HTTP/1.1 404 Not Found");
        CHECK(got.body == "404 Not Found\n");
    }
    CHECK(ask(client, "/in%20ner/../ten").body == "0123456789");
    CHECK(ask(client, "/" + std::string(5'000, 'x')).status == "HTTP/1.1 404 Not Found");
}

TEST_CASE("a request that makes no sense is refused, and ends its connection", "[examples]") {
    served_directory served;
    const std::string bad = "400 Bad Request";
    struct expectation {
        std::string sent;
        std::string status;
    };
    for (const auto& [sent, status] : std::vector<expectation>{
             {"\r\n\r\n", bad},
             {"GET\r\n\r\n", bad},
             {"GET /ten\r\n\r\n", bad},
             {"GET ten HTTP/1.1\r\nHost: test\r\n\r\n", bad},
             {"GET /ten HTTP/2.0\r\nHost: test\r\n\r\n", bad},
             {"GET /ten HTTP/1.1\r\n\r\n", bad},
             {request("/ten", "Host: again\r\n"), bad},
             {request("/ten", "no colon\r\n"), bad},
             {request("/ten", "Name : value\r\n"), bad},
             {request("/ten", " folded: value\r\n"), bad},
             {request("/%zz"), bad},
             {request("/%4"), bad},
             {request("/ten", "Content-Length: 4\r\n", "POST") + "body", "405 Method Not Allowed"},
             {request("/" + std::string(9'000, 'x')), "414 URI Too Long"},
             {request("/ten", "Long: " + std::string(40'000, 'x') + "\r\n"),
              "431 Request Header Fields Too Large"},
         }) {
        INFO(sent.substr(0, 100));
        blocking_client client(served.server().address());
        client.send(sent);
        const response got = receive(client);
        CHECK(got.status == "HTTP/1.1 " + status);
        CHECK(got.has("connection: close"));
        CHECK(client.receive_all().empty());
    }
    blocking_client client(served.server().address());
    client.send(request("/ten", "", "DELETE"));
    CHECK(receive(client).has("allow: get, head"));
    CHECK(ask(client, "/ten").body == "0123456789");  // this one was whole
}

TEST_CASE("a slow client is served, and one that does nothing is let go", "[examples]") {
    served_directory served("3s");
    served.folder().write_sparse("root/large", std::uint64_t{32} << 20U);
    blocking_client silent(served.server().address());
    blocking_client greedy(served.server().address());
    greedy.send(request("/large"));

    blocking_client slow(served.server().address());
    for (const char letter : request("/large", "Connection: close\r\n"))
        slow.send(std::string(1, letter));
    std::size_t size = 0;
    for (std::string piece; !(piece = slow.receive(3'000)).empty();)
        size += piece.size();
    CHECK(size > (std::size_t{32} << 20U));

    CHECK(silent.receive_all().empty());  // once the server has had enough
    // One that has come later than the greedy one has taken nothing goes later, too.
    CHECK(blocking_client(served.server().address()).receive_all().empty());
    CHECK(greedy.receive_all().size() < (std::size_t{32} << 20U));
}

TEST_CASE("a file server without a directory says so", "[examples]") {
    child_process server(example("file_server", {"--root", "/none", "--address", "127.0.0.1:0"}));
    CHECK(server.err().read_rest() ==
          "file_server: cannot open /none: No such file or directory\n");
    CHECK(server.wait() == 1);
}

}  // namespace tests::examples_file_server
