// Serves the files under a directory over HTTP/1.1. It answers GET and HEAD, sends whole files and
// ranges, tells clients that the file they have is still the one, and takes any number of requests
// on one connection. It is made to be deployed: see examples/edge.

#include "command_line.hpp"
#include "http_parser.hpp"
#include "http_validators.hpp"
#include "operation.hpp"
#include "proxy.hpp"
#include "tls.hpp"

#include <ringlet/ringlet.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// The Date of responses, which are many in a second.
class date_field {
public:
    /// Lifetime: until the next call.
    std::string_view now() {
        const auto time =
            std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        if (time != time_)
            text_ = http_date(time_ = time);
        return text_;
    }

private:
    http_time time_{};
    std::string text_;
};

/// The part of this server that all of its clients share.
struct site {
    ringlet::directory root;
    std::chrono::milliseconds idle_timeout;
    date_field date{};
    bool draining = false;  // each answer is the last on its connection
};

/// Refuses a request for a file that cannot be opened. The fault may be that of this server, which
/// then reports it.
[[noreturn]] void refuse_to_open(const std::string& path, std::error_code error) {
    using std::errc;
    if (error == errc::operation_canceled)  // nobody waits for an answer: the server stops
        throw std::system_error(error, "open");
    for (const errc reason :
         {errc::no_such_file_or_directory, errc::not_a_directory, errc::cross_device_link,
          errc::too_many_symbolic_link_levels, errc::permission_denied, errc::filename_too_long,
          errc::invalid_argument, errc::no_such_device_or_address, errc::timed_out})
        if (error == reason)
            throw http_refusal{"404 Not Found"};
    ringlet::log(ringlet::log_level::error, "cannot open a file",
                 {{"path", path}, {"error", error}});
    throw http_refusal{"503 Service Unavailable"};
}

/// One client and its requests.
class conversation {
public:
    /// A conversation that ends when the client, within the site's timeout, neither sends a request
    /// nor takes what there is of the answers.
    conversation(ringlet::stream& client, site& served)
        : client_(client), in_(client), out_(client, {.timeout = served.idle_timeout}),
          site_(served) {
        in_.tie(out_);
    }

    ringlet::task<> run() {
        do {
            http_refusal refusal;
            try {
                if (!co_await read())
                    co_return;
                co_await answer();
            } catch (const http_refusal& refused) {
                refusal = refused;
            }
            if (!refusal.status.empty())
                co_await refuse(refusal);
        } while (request().keep_alive);
        co_await out_.flush();
        if (parser_.done() && in_.buffered().empty())
            co_await client_.close();  // nothing of the client is on its way
    }

private:
    http_request& request() noexcept { return parser_.request(); }

    /// Reads the next request. Yields false where no request comes.
    ringlet::task<bool> read() {
        const ringlet::cancel_scope time_limit(site_.idle_timeout);
        for (parser_.begin(); !parser_.done();) {
            std::error_code error;
            if ((co_await in_.peek(1, error)).empty())
                co_return false;
            co_await in_.skip(parser_.take(in_.buffered()));
        }
        if (site_.draining)
            request().keep_alive = false;
        co_return true;
    }

    ringlet::task<> answer() {
        const bool get = request().method == "GET";
        if (!get && request().method != "HEAD")
            throw http_refusal{"405 Method Not Allowed", "Allow: GET, HEAD\r\n"};
        const std::string path = path_of(request().target);
        const ringlet::file source = co_await open(path);
        const ringlet::file_status status = source.status();
        if (!status.is_regular)
            throw http_refusal{"404 Not Found"};
        const http_validators current(status.modified, status.size);
        switch (evaluate_conditions(request(), current)) {
        case http_precondition::failed:
            throw http_refusal{"412 Precondition Failed"};
        case http_precondition::not_modified:
            co_await begin("304 Not Modified", current);
            co_await out_.print("\r\n");
            co_return;
        case http_precondition::satisfied:
            break;
        }
        std::optional<byte_range> range;
        if (get && request().range && range_applies(request(), current))
            range = select_range(*request().range, status.size);
        const byte_range part = range.value_or(byte_range{0, status.size});
        co_await begin(range ? "206 Partial Content" : "200 OK", current);
        if (range)
            co_await out_.print("Content-Range: bytes ", part.offset, "-",
                                part.offset + part.count - 1, "/", status.size, "\r\n");
        co_await out_.print("Accept-Ranges: bytes\r\nContent-Type: ", media_type(path),
                            "\r\nContent-Length: ", part.count, "\r\n\r\n");
        if (!get)
            co_return;
        const auto bytes_sent = co_await ringlet::send_file(out_, source, part.offset, part.count);
        if (bytes_sent < part.count)  // the file has shrunk: only closing can tell the client
            request().keep_alive = false;
    }

    /// Writes the part of a response's head that each has.
    ringlet::task<> begin(std::string_view status) {
        std::string_view connection;
        if (!request().keep_alive)
            connection = "\r\nConnection: close";
        else if (request().http_1_0)
            connection = "\r\nConnection: keep-alive";
        co_await out_.print("HTTP/1.1 ", status, "\r\nDate: ", site_.date.now(), connection,
                            "\r\n");
    }

    /// Writes the part of a response's head that each has which is about a file.
    ringlet::task<> begin(std::string_view status, const http_validators& current) {
        co_await begin(status);
        co_await out_.print("ETag: ", current.etag,
                            "\r\nLast-Modified: ", http_date(current.last_modified), "\r\n");
    }

    ringlet::task<> refuse(const http_refusal& refusal) {
        co_await begin(refusal.status);
        co_await out_.print(refusal.fields, "Content-Type: text/plain\r\nContent-Length: ",
                            refusal.status.size() + 1, "\r\n\r\n");
        if (request().method != "HEAD")
            co_await out_.print(refusal.status, "\n");
    }

    ringlet::task<ringlet::file> open(const std::string& path) {
        const ringlet::cancel_scope time_limit(site_.idle_timeout);  // a pipe waits for a writer
        std::error_code error;
        ringlet::file source = co_await site_.root.open(path, O_RDONLY, 0, error);
        if (error)
            refuse_to_open(path, error);
        co_return source;
    }

    ringlet::stream& client_;
    ringlet::reader<ringlet::stream> in_;
    ringlet::writer<ringlet::stream> out_;
    site& site_;
    http_parser parser_;
};

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:8080";
    std::string root = ".";
    std::chrono::milliseconds idle_timeout(30'000);
    tls_server_files tls;
    proxies_in_front proxies;
    operation operated;
    const std::vector<command_line_option> options{
        {"--address", &address, "HOST:PORT, as in 127.0.0.1:8080 or [::1]:0"},
        {"--root", &root, "The directory"},
        {"--idle-timeout", &idle_timeout, "How long a client may do nothing"}};
    int status = EXIT_SUCCESS;
    const int failure = run_program(
        argc, argv, "Serves the files under a directory.",
        with_operation(operated, with_proxies(proxies, with_tls(tls, options))), [&] {
            site served{ringlet::directory(root), idle_timeout};
            const auto handle = [&](ringlet::stream& client) -> ringlet::task<> {
                conversation dialogue(client, served);
                co_await dialogue.run();
            };
            ringlet::server_options chosen;
            accept_proxies(chosen, proxies);
            const operated_tls secured = speak_tls(chosen, tls, {"http/1.1"});
            status = operate(operated, [&](ringlet::daemon::service& self) {
                ringlet::tcp_server server(self.socket("web"), ringlet::address::parse(address),
                                           handle, chosen);
                self.on_state([&](ringlet::daemon::service_state state) {
                    served.draining = state == ringlet::daemon::service_state::draining;
                });
                serve_and_tell(operated, self, server, secured);
            });
        });
    return failure != EXIT_SUCCESS ? failure : status;
}
