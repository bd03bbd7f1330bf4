#pragma once

#include <ringlet/server/tcp_server.hpp>

#include <string>
#include <vector>

/// A TCP server on a free port of the loopback that keeps what it is told of errors. Look at it
/// while the server does not serve.
class recording_server : public ringlet::tcp_server {
public:
    explicit recording_server(ringlet::any_handler<ringlet::stream> handler,
                              const ringlet::server_options& options = {})
        : tcp_server({"127.0.0.1", 0}, std::move(handler), options) {}

    struct error {
        std::string text;
        ringlet::address client;
    };
    std::vector<error> errors;

protected:
    void handle_error(std::exception_ptr exception, const ringlet::address& client) override {
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& thrown) {
            errors.push_back({thrown.what(), client});
        } catch (int thrown) {
            errors.push_back({"int " + std::to_string(thrown), client});
        }
    }
};
