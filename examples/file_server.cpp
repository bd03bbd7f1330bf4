// Serves the files under a directory over HTTP/1.1. It answers GET and HEAD, sends whole files and
// ranges, and takes any number of requests on one connection.

#include "command_line.hpp"
#include "http_request.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace {

/// The largest size of a request's head, which is its request line and its header fields.
constexpr std::size_t head_size_max = 32'768;

/// A writable stream that fails where its client does not take a piece in time.
struct impatient_stream {
    ringlet::task<> send_all(ringlet::const_buffer piece) {
        co_await ringlet::with_timeout(timeout, client.send_all(piece));
    }

    ringlet::stream& client;
    std::chrono::milliseconds timeout;
};

/// One client and its requests.
class conversation {
public:
    /// A conversation that ends when the client, within `idle_timeout`, neither sends a request nor
    /// takes a piece of an answer.
    conversation(ringlet::stream& client, const ringlet::directory& root,
                 std::chrono::milliseconds idle_timeout)
        : in_(client, {.piece_max = head_size_max}), out_{client, idle_timeout}, root_(root),
          idle_timeout_(idle_timeout) {}

    ringlet::task<> run() {
        http_request request;
        do {
            request = {};
            http_refusal refusal;
            try {
                if (!co_await read(request))
                    co_return;
                co_await answer(request);
            } catch (const http_refusal& refused) {
                refusal = refused;
            }
            if (!refusal.status.empty())
                co_await refuse(request, refusal);
        } while (request.keep_alive);
    }

private:
    /// Reads the next request. Yields false where no request comes.
    ringlet::task<bool> read(http_request& request) {
        const ringlet::cancel_scope time_limit(idle_timeout_);
        std::error_code error;
        const auto head = co_await in_.read_until("\r\n\r\n", error);
        if (error == ringlet::stream_errc::too_long)
            throw http_refusal{"431 Request Header Fields Too Large"};
        if (head)
            request = parse_request(*head);
        co_return head.has_value();
    }

    ringlet::task<> answer(http_request& request) {
        const bool get = request.method == "GET";
        if (!get && request.method != "HEAD")
            throw http_refusal{"405 Method Not Allowed", "Allow: GET, HEAD\r\n"};
        const ringlet::file source = co_await open(request.path);
        const std::uint64_t size = source.size();
        const auto range = select_range(get ? request.range : "", size);
        const byte_range part = range.value_or(byte_range{0, size});
        std::string fields = "Accept-Ranges: bytes\r\nContent-Type: ";
        fields.append(media_type(request.path)).append("\r\n");
        if (range)
            fields += "Content-Range: bytes " + std::to_string(part.offset) + "-" +
                      std::to_string(part.offset + part.count - 1) + "/" + std::to_string(size) +
                      "\r\n";
        co_await begin(request, range ? "206 Partial Content" : "200 OK", fields, part.count);
        if (!get)
            co_return;
        const auto bytes_sent = co_await ringlet::send_file(out_, source, part.offset, part.count);
        if (bytes_sent < part.count)  // the file has shrunk: only closing can tell the client
            request.keep_alive = false;
    }

    ringlet::task<> refuse(const http_request& request, const http_refusal& refusal) {
        const std::string text = refusal.status + "\n";
        co_await begin(request, refusal.status, refusal.fields + "Content-Type: text/plain\r\n",
                       text.size());
        if (request.method != "HEAD")
            co_await out_.send_all(text);
    }

    /// Sends the head of a response.
    ringlet::task<> begin(const http_request& request, std::string_view status,
                          std::string_view fields, std::uint64_t length) {
        std::string head = "HTTP/1.1 ";
        head.append(status).append("\r\nContent-Length: ").append(std::to_string(length));
        head.append(request.keep_alive ? "\r\n" : "\r\nConnection: close\r\n");
        head.append(fields).append("\r\n");
        co_await out_.send_all(head);
    }

    ringlet::task<ringlet::file> open(std::string path) {
        const ringlet::cancel_scope time_limit(idle_timeout_);  // opening a pipe waits for a writer
        std::error_code error;
        ringlet::file source = co_await root_.open(path, O_RDONLY, 0, error);
        if (error == std::errc::too_many_files_open)
            throw http_refusal{"503 Service Unavailable"};
        if (error || !source.is_regular())
            throw http_refusal{"404 Not Found"};
        co_return source;
    }

    ringlet::reader<ringlet::stream> in_;
    impatient_stream out_;
    const ringlet::directory& root_;
    std::chrono::milliseconds idle_timeout_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:8080";
    std::string root = ".";
    std::chrono::milliseconds idle_timeout(30'000);
    return run_program(argc, argv, "Serves the files under a directory.",
                       {{"--address", &address, "HOST:PORT, as in 127.0.0.1:8080 or [::1]:0"},
                        {"--root", &root, "The directory"},
                        {"--idle-timeout", &idle_timeout, "How long a client may do nothing"}},
                       [&] {
                           const ringlet::directory directory(root);
                           const auto handle = [&](ringlet::stream& client) -> ringlet::task<> {
                               conversation dialogue(client, directory, idle_timeout);
                               co_await dialogue.run();
                           };
                           ringlet::tcp_server server(ringlet::address::parse(address), handle);
                           serve_and_tell(server);
                       });
}
