#include "base/detail/exception_text.hpp"
#include "daemon/detail/conductor.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/daemon/run.hpp>

#include <sysexits.h>

#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace ringlet::daemon {

namespace {

int status_of(const std::exception_ptr& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (const std::invalid_argument&) {
        return EX_CONFIG;
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::invalid_argument)
            return EX_CONFIG;
        if (error.code() == std::errc::permission_denied ||
            error.code() == std::errc::operation_not_permitted)
            return EX_NOPERM;
        if (error.code() == std::errc::address_in_use ||
            error.code() == std::errc::address_not_available)
            return EX_UNAVAILABLE;
        return EX_OSERR;
    } catch (...) {
        return EX_SOFTWARE;
    }
}

}  // namespace

std::string_view to_string(service_state state) noexcept {
    switch (state) {
    case service_state::starting:
        return "starting";
    case service_state::ready:
        return "ready";
    default:
        return "draining";
    }
}

service::service(const run_options& options)
    : conductor_(std::make_unique<detail::conductor>(options)) {}

service::~service() = default;

named_socket service::socket(std::string_view name) {
    return conductor_->inherited.take(name);
}

inherited_sockets& service::sockets() noexcept {
    return conductor_->inherited;
}

void service::on_state(std::function<void(service_state)> told) {
    conductor_->watchers.push_back(std::move(told));
}

void service::on_reload(std::function<void()> reload) {
    conductor_->reloads.push_back(std::move(reload));
}

void service::attend(server& attendant) {
    conductor_->attendants.push_back(&attendant);
}

service_state service::state() const noexcept {
    return conductor_->state();
}

void service::serve_all(std::initializer_list<server*> servers) {
    conductor_->serve(servers);
}

int detail::run(const run_options& options, const std::function<void(service&)>& body) noexcept {
    try {
        service self(options);
        body(self);
        return EX_OK;
    } catch (...) {
        const std::exception_ptr failure = std::current_exception();
        const int status = status_of(failure);
        log(log_level::error, "the service cannot go on",
            {{"error", ringlet::detail::exception_text(failure)}, {"status", status}});
        return status;
    }
}

}  // namespace ringlet::daemon
