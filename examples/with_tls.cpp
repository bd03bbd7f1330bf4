#include "tls.hpp"

#include <ringlet/daemon/metrics.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/connect.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/server_context.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace tls = ringlet::tls;

std::vector<command_line_option> with_tls(tls_server_files& files,
                                          std::vector<command_line_option> options) {
    options.push_back(
        {"--tls-certificate", &files.certificate, "Speak TLS, with this file in PEM"});
    options.push_back({"--tls-key", &files.key, "The key of the certificate"});
    options.push_back({"--tls-client-ca", &files.client_authorities,
                       "Serve only clients whose certificates these authorities have signed"});
    return options;
}

operated_tls speak_tls(ringlet::server_options& options, const tls_server_files& files,
                       const std::vector<std::string>& protocols) {
    const bool has_certificate = !files.certificate.empty();
    if (has_certificate != !files.key.empty())
        throw std::invalid_argument("--tls-certificate and --tls-key go together");
    if (!has_certificate && !files.client_authorities.empty())
        throw std::invalid_argument("--tls-client-ca needs --tls-certificate and --tls-key");
    if (!has_certificate)
        return {};
    tls::server_context_options chosen;
    chosen.identities = {{tls::pem::file(files.certificate), tls::pem::file(files.key)}};
    if (!protocols.empty())
        chosen.application_protocols = protocols;
    if (!files.client_authorities.empty()) {
        chosen.client_certificates = tls::client_certificates::required;
        chosen.client_authorities = tls::pem::file(files.client_authorities);
    }
    const auto context = std::make_shared<tls::server_context>(chosen);
    options.establish.emplace_back(tls::handshake(*context));
    return {.reload = [context] { context->reload(); },
            .count =
                [context](ringlet::daemon::metrics& counted) {
                    counted.add("tls", std::as_const(*context));
                }};
}

std::vector<command_line_option> with_tls(tls_client_choice& choice,
                                          std::vector<command_line_option> options) {
    options.push_back({"--tls", &choice.wanted, "Speak TLS"});
    options.push_back({"--tls-ca", &choice.authorities,
                       "A file in PEM with the authorities to trust; without it the system's"});
    return options;
}

ringlet::task<ringlet::stream> dial(std::string host, int port, tls_client_choice choice) {
    if (!choice.wanted)
        co_return co_await ringlet::connect(std::move(host), port);
    tls::client_context_options options;
    if (!choice.authorities.empty())
        options.authorities = tls::pem::file(choice.authorities);
    const tls::client_context context(options);
    co_return co_await tls::connect(std::move(host), port, context);
}
