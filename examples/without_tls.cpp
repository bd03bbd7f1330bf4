#include "tls.hpp"

#include <ringlet/net/connect.hpp>

#include <utility>

std::vector<command_line_option> with_tls(tls_server_files& /*files*/,
                                          std::vector<command_line_option> options) {
    return options;
}

operated_tls speak_tls(ringlet::server_options& /*options*/, const tls_server_files& /*files*/,
                       const std::vector<std::string>& /*protocols*/) {
    return {};
}

std::vector<command_line_option> with_tls(tls_client_choice& /*choice*/,
                                          std::vector<command_line_option> options) {
    return options;
}

ringlet::task<ringlet::stream> dial(std::string host, int port, tls_client_choice /*choice*/) {
    co_return co_await ringlet::connect(std::move(host), port);
}
