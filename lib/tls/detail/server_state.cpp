#include "server_state.hpp"

#include "base/detail/valid_timeout.hpp"
#include "common_options.hpp"
#include "state_lock.hpp"

#include <ringlet/tls/errc.hpp>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ringlet::tls::detail {

namespace {

void require_valid_tickets(std::chrono::seconds lifetime) {
    using namespace std::chrono_literals;
    if (lifetime != 0s && (lifetime < 1min || lifetime > 7 * 24h))
        throw std::invalid_argument("ticket_lifetime must be 1 minute to 7 days, or 0");
}

server_context_options valid(server_context_options options) {
    require_valid(common_options(options));
    require_valid_tickets(options.ticket_lifetime);
    ringlet::detail::require_valid_timeout(options.reload_interval, "reload_interval");
    if (options.identities.empty())
        throw std::invalid_argument("identities has no certificate in it; a server needs one");
    const bool wanted = options.client_certificates != client_certificates::none;
    if (wanted && !options.client_authorities)
        throw std::invalid_argument("client_authorities must say which authorities sign the "
                                    "certificates that clients are to show");
    if (!wanted && options.client_authorities)
        throw std::invalid_argument(
            "client_authorities is without effect where client_certificates "
            "asks for none");
    return options;
}

std::vector<std::string> files_of(const server_context_options& options) {
    std::vector<std::string> files;
    const auto add = [&](const pem& source) {
        if (source.is_file())
            files.push_back(source.value());
    };
    for (const identity& each : options.identities) {
        add(each.certificate);
        add(each.key);
    }
    if (options.client_authorities)
        add(*options.client_authorities);
    return files;
}

/// Whether the files may be in order, and could not be read for want of something.
bool is_shortage(std::error_code error) noexcept {
    return error == std::errc::too_many_files_open ||
           error == std::errc::too_many_files_open_in_system ||
           error == std::errc::not_enough_memory;
}

void warn_of_expiry(const server_material& material) {
    if (!material.expired().empty())
        log(log_level::warning, "a TLS certificate has expired; clients refuse it; renew it",
            {{"certificate", material.expired()}});
}

}  // namespace

server_state::server_state(server_context_options options)
    : options_(valid(std::move(options))), key_log_(options_.key_log_file),
      failed_reloads_(log_level::error,
                      "TLS certificates could not be reloaded; those from before stay in use"),
      files_(files_of(options_), options_.reload_interval) {
    if (options_.ticket_lifetime.count() > 0)
        tickets_.emplace(options_.ticket_lifetime);
    files_.note();
    material_ = std::make_shared<const server_material>(options_, *this);
    warn_of_expiry(*material_);
}

std::shared_ptr<const server_material> server_state::present() const {
    const state_lock locked;
    return material_;
}

std::shared_ptr<const server_material> server_state::material() {
    if (files_.due() && files_.changed())
        static_cast<void>(reload());
    return present();
}

/// Has new connections use `made`, unless that of a later reload is in use. Whether it is another.
bool server_state::use(std::shared_ptr<const server_material> made, std::uint64_t reload) {
    const state_lock locked;
    if (reload < reload_in_use_)
        return false;
    reload_in_use_ = reload;
    material_.swap(made);
    return material_->digest() != made->digest();
}

std::error_code server_state::reload() {
    const std::uint64_t number = ++reloads_begun_;
    std::error_code error;
    std::string reason;
    try {
        files_.note();
        auto made = std::make_shared<const server_material>(options_, *this);
        if (!made->expired().empty() && present()->expired().empty())
            throw std::system_error(errc::expired_certificate, made->expired());
        if (use(std::move(made), number))
            counts_->reload(true);
    } catch (const std::system_error& failure) {
        error = failure.code();
        reason = failure.what();
    } catch (const std::bad_alloc&) {
        error = std::make_error_code(std::errc::not_enough_memory);
        reason = error.message();
    } catch (const std::exception& failure) {  // of a passphrase function
        error = std::make_error_code(std::errc::operation_not_permitted);
        reason = failure.what();
    }
    if (error) {
        if (is_shortage(error))
            files_.forget();
        counts_->reload(false);
        failed_reloads_.report({{"error", reason}});
    }
    return error;
}

}  // namespace ringlet::tls::detail
