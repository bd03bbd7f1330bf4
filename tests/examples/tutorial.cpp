// The programs of the tutorial that ringlet starts from, kept here word for word, since they have
// to work with ours unchanged.

#include "claimed_address.hpp"
#include "programs.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tests::examples_tutorial {

namespace {

std::string contents_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator(file), {}};
}

/// The source document: it stands beside the project where that is developed, not in a clone.
std::string source_document() {
    const auto folder =
        std::filesystem::path(directory_named_by("RINGLET_SOURCE")) / "../shared/seeds";
    std::string text;
    if (std::filesystem::is_directory(folder))
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            if (entry.path().extension() == ".txt")
                text += contents_of(entry.path());
    return text;
}

/// The first program under `heading`.
std::string program_under(const std::string& document, const std::string& heading) {
    const std::string fence = "```\n";
    const auto begin = document.find(fence, document.find(heading)) + fence.size();
    return document.substr(begin, document.find("```", begin) - begin);
}

}  // namespace

TEST_CASE("the tutorial's programs are here as the tutorial has them", "[examples]") {
    const std::string document = source_document();
    if (document.empty())
        SKIP("the source document is not beside this tree");
    CHECK(contents_of(test_file("seed_client.py")) == program_under(document, "#### 客户端"));
    CHECK(contents_of(test_file("seed_server.py")) == program_under(document, "#### 服务端 1"));
}

TEST_CASE("the tutorial's client talks to the welcome server", "[examples]") {
    const claimed_address alone;
    example_server server("welcome_server", {});
    CHECK(server.before() == "启动socketserver服务器！\n");
    CHECK(server.address() == fixed_address);

    child_process client(tutorial("seed_client.py"));
    client.write(typed);
    CHECK(client.out().read_rest() == conversation);
    CHECK(client.err().read_rest().empty());
    CHECK(client.wait() == 0);

    server.signal(SIGTERM);
    const std::string report = server.out().read_rest();
    CHECK(report == report_on(port_in(report)));
    CHECK(server.wait() == 0);
}

TEST_CASE("ringlet's client talks to the tutorial's server", "[examples]") {
    const claimed_address alone;
    child_process server(tutorial("seed_server.py"));
    CHECK(server.read_line() == "启动socketserver服务器！");

    child_process client(example("client"));
    client.write(typed);
    CHECK(client.out().read_rest() == conversation);
    CHECK(client.err().read_rest().empty());
    CHECK(client.wait() == 0);

    std::string report;
    for (int lines = 0; lines < 3; ++lines)
        report += server.read_line() + "\n";
    CHECK(report == report_on(port_in(report)));
}

}  // namespace tests::examples_tutorial
