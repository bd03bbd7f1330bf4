#include "proxy.hpp"

#include <ringlet/daemon/proxy.hpp>

#include <map>
#include <utility>

namespace {

using ringlet::daemon::proxy_version;

const std::map<std::string, std::optional<proxy_version>> versions{
    {"none", std::nullopt}, {"v1", proxy_version::v1}, {"v2", proxy_version::v2}};

}  // namespace

std::vector<command_line_option> with_proxies(proxies_in_front& proxies,
                                              std::vector<command_line_option> options) {
    options.push_back(
        {"--accept-proxy", &proxies.networks,
         "Take clients from the PROXY header of these networks, as in 10.0.0.0/8,::1; "
         "unix stands for Unix sockets"});
    return options;
}

void accept_proxies(ringlet::server_options& options, const proxies_in_front& proxies) {
    if (proxies.networks.empty())
        return;
    ringlet::daemon::proxy_options chosen;
    std::string left = proxies.networks + ",";
    for (std::size_t comma = 0; (comma = left.find(',')) != std::string::npos;) {
        const std::string network = left.substr(0, comma);
        left.erase(0, comma + 1);
        if (network == "unix")
            chosen.trust_unix = true;
        else
            chosen.trusted.emplace_back(network);
    }
    options.establish.emplace_back(ringlet::daemon::proxy(std::move(chosen)));
}

std::optional<proxy_version> header_to_send::chosen() const {
    return versions.at(version);
}

std::vector<command_line_option> with_header(header_to_send& header,
                                             std::vector<command_line_option> options) {
    options.push_back({"--send-proxy", one_of(header.version, versions),
                       "Tell the server behind who the client is, by this PROXY header"});
    return options;
}
