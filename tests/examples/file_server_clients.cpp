// Real clients of the file server.

#include "served_directory.hpp"

#include <string>
#include <vector>

namespace tests::examples_file_server_clients {

namespace {

/// What a program prints that ends well.
std::string output_of(const command& line) {
    child_process program(line);
    std::string said = program.out().read_rest();
    CHECK(program.wait() == 0);
    return said;
}

std::string url_of(served_directory& served, const std::string& path) {
    return "http://" + served.server().address().to_string() + path;
}

/// What curl prints that is given these arguments.
std::string curl(command arguments) {  // NOLINT(performance-unnecessary-value-param)
    arguments.insert(arguments.begin(),
                     {"curl", "-q", "-sS", "--path-as-is", "--max-time", "20", "--noproxy", "*"});
    return output_of(arguments);
}

/// The number behind `title` in a report.
std::string number_in(const std::string& report, const std::string& title) {
    const auto found = report.find(title);
    if (found == std::string::npos)
        return "none";
    const auto begin = report.find_first_not_of(' ', found + title.size());
    return report.substr(begin, report.find_first_not_of("0123456789", begin) - begin);
}

}  // namespace

TEST_CASE("curl gets a file, resumes one, and is told what is wrong", "[examples]") {
    require_program("curl", "curl");
    served_directory served;
    CHECK(curl({url_of(served, "/ten")}) == "0123456789");
    CHECK(curl({"-r", "2-4", url_of(served, "/ten")}) == "234");
    const auto partial = served.folder().write("partial", "0123");
    curl({"-C", "-", "-o", partial, url_of(served, "/ten")});
    CHECK(served.folder().read("partial") == "0123456789");
    const auto status = [&](const std::string& path, command arguments = {}) {
        arguments.insert(arguments.end(),
                         {"-o", "/dev/null", "-w", "%{http_code}", url_of(served, path)});
        return curl(arguments);
    };
    CHECK(status("/../secret") == "404");
    CHECK(status("/ten", {"-d", "x"}) == "405");
    CHECK(status("/ten", {"-z", "1 January 1994"}) == "200");
    CHECK(status("/ten", {"-z", served.root() / "ten"}) == "304");
    // A large body, before which curl waits for a word of the server.
    const auto large = served.folder().write_sparse("large", std::uint64_t{2} << 20U);
    CHECK(status("/ten", {"--data-binary", "@" + large.string()}) == "405");
    CHECK(status("/ten", {"-T", large, "-H", "Transfer-Encoding: chunked"}) == "405");
}

TEST_CASE("curl keeps its connection, whichever version of HTTP it speaks", "[examples]") {
    require_program("curl", "curl");
    served_directory served;
    const command two{"-w", "(%{num_connects})", url_of(served, "/ten"), url_of(served, "/")};
    const auto with = [&](command arguments) {  // NOLINT(performance-unnecessary-value-param)
        arguments.insert(arguments.end(), two.begin(), two.end());
        return curl(arguments);
    };
    CHECK(with({}) == "0123456789(1)<h1>index</h1>(0)");
    CHECK(with({"-d", "x"}) == "405 Method Not Allowed\n(1)405 Method Not Allowed\n(0)");
    CHECK(with({"--http1.0"}) == "0123456789(1)<h1>index</h1>(1)");
    CHECK(with({"--http1.0", "-H", "Connection: keep-alive"}) == "0123456789(1)<h1>index</h1>(0)");
    CHECK(with({"-H", "Connection: close"}) == "0123456789(1)<h1>index</h1>(1)");
    CHECK(with({"-I"}).ends_with("(0)"));
}

TEST_CASE("ab, a client of HTTP/1.0, keeps its connections where it asks for it", "[examples]") {
    require_program("ab", "apache2-utils");
    served_directory served;
    const std::string kept = GENERATE("-k", "-q");
    const std::string report =
        output_of({"ab", "-q", kept, "-s", "20", "-n", "200", "-c", "4", url_of(served, "/ten")});
    INFO(report);
    CHECK(number_in(report, "Complete requests:") == "200");
    CHECK(number_in(report, "Failed requests:") == "0");
    CHECK(number_in(report, "Keep-Alive requests:") == (kept == "-k" ? "200" : "none"));
    CHECK(number_in(report, "HTML transferred:") == "2000");
}

TEST_CASE("wrk finds no error", "[examples]") {
    require_program("wrk", "wrk");
    served_directory served;
    const std::string report =
        output_of({"wrk", "-t", "1", "-c", "8", "-d", "1s", url_of(served, "/ten")});
    INFO(report);
    CHECK(report.find("requests in") != std::string::npos);
    CHECK(report.find("Socket errors") == std::string::npos);
    CHECK(report.find("Non-2xx") == std::string::npos);
}

}  // namespace tests::examples_file_server_clients
