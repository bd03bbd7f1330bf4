#pragma once

#include "blocking_client.hpp"
#include "programs.hpp"
#include "temporary_directory.hpp"

#include <cctype>
#include <filesystem>
#include <optional>
#include <string>

/// The file server, with its arguments. Without llhttp it is not built, and the test is skipped.
inline command file_server(const command& arguments) {
    command server = example("file_server", arguments);
    if (!std::filesystem::exists(server[0]))
        SKIP("file_server is not built, since llhttp is not here");
    return server;
}

/// A file server, and the directory whose files it serves; beside that stands one with a secret.
class served_directory {
public:
    /// `prepare`: see child_process. `more` are options of the server.
    explicit served_directory(
        const std::string& idle_timeout = "20s", bool (*prepare)() = [] { return true; },
        const command& more = {}) {
        file_server({});
        folder_.write("secret", "secret");
        folder_.write("root/ten", "0123456789");
        folder_.write("root/empty", "");
        folder_.write("root/index.html", "<h1>index</h1>");
        folder_.write("root/in ner/file.txt", "inner");
        std::filesystem::create_symlink("../secret", root() / "out");
        std::filesystem::create_symlink("..", root() / "parent");
        command arguments{"--root",      root(),           "--address",
                          "127.0.0.1:0", "--idle-timeout", idle_timeout};
        arguments.insert(arguments.end(), more.begin(), more.end());
        server_.emplace("file_server", arguments, prepare);
    }

    [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "root"; }
    [[nodiscard]] temporary_directory& folder() noexcept { return folder_; }
    [[nodiscard]] example_server& server() noexcept { return *server_; }

private:
    temporary_directory folder_;
    std::optional<example_server> server_;
};

/// A response of the file server.
struct http_response {
    std::string status;
    std::string fields;  // in small letters
    std::string body;

    [[nodiscard]] bool has(const std::string& field) const {
        return fields.find("\r\n" + field + "\r\n") != std::string::npos;
    }

    /// The value of a field; empty where the response does not have the field.
    [[nodiscard]] std::string field(const std::string& name) const {
        const std::string before = "\r\n" + name + ": ";
        const auto found = fields.find(before);
        if (found == std::string::npos)
            return "";
        const auto begin = found + before.size();
        return fields.substr(begin, fields.find("\r\n", begin) - begin);
    }
};

/// The next response on a connection; its status is empty where there is none. A response to HEAD,
/// and one of status 304, has no body.
inline http_response receive_response(blocking_client& client, bool to_head = false) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        const std::string next = client.receive(1);
        if (next.empty())
            return {"", head, ""};
        head += next;
    }
    http_response received;
    const auto end_of_line = head.find("\r\n");
    received.status = head.substr(0, end_of_line);
    for (const char letter : head.substr(end_of_line))
        received.fields += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    if (!to_head && !received.status.starts_with("HTTP/1.1 304"))
        received.body = client.receive(std::stoull(received.field("content-length")));
    return received;
}

/// A request for a path, with header fields that are each ended by "\r\n".
inline std::string http_request_for(const std::string& path, const std::string& fields = "",
                                    const std::string& method = "GET") {
    return method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

/// Sends a request for a path, and receives the response.
inline http_response ask(blocking_client& client, const std::string& path,
                         const std::string& fields = "") {
    client.send(http_request_for(path, fields));
    return receive_response(client);
}
