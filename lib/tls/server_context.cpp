#include <ringlet/tls/server_context.hpp>

#include "tls/detail/server_state.hpp"

#include <utility>

namespace ringlet::tls {

namespace {

server_context_options with_files(std::string certificate_file, std::string key_file) {
    server_context_options options;
    options.identities.push_back(
        {pem::file(std::move(certificate_file)), pem::file(std::move(key_file))});
    return options;
}

}  // namespace

server_context::server_context(std::string certificate_file, std::string key_file)
    : server_context(with_files(std::move(certificate_file), std::move(key_file))) {}

server_context::server_context(server_context_options options)
    : state_(std::make_shared<detail::server_state>(std::move(options))) {}

std::error_code server_context::reload() {
    return state_->reload();
}

counters server_context::counters() const noexcept {
    return state_->counts().snapshot();
}

}  // namespace ringlet::tls
