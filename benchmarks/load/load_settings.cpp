#include "load_settings.hpp"

#include <algorithm>

namespace {

std::string size_of(std::size_t bytes) {
    if (bytes >= 1024 && bytes % 1024 == 0)
        return std::to_string(bytes / 1024) + " KiB";
    return std::to_string(bytes) + " B";
}

std::string describe_concurrency(const load_settings& load) {
    const auto counted = [&](const char* one, const char* more) {
        return ", " + std::to_string(load.workers) + (load.workers == 1 ? one : more);
    };
    if (load.concurrency == "threads")
        return counted(" thread", " threads");
    if (load.concurrency == "forks")
        return counted(" process", " processes");
    if (load.concurrency == "thread_per_request")
        return ", threading";
    return load.concurrency == "fork_per_request" ? ", forking" : "";
}

const char* direction_of(service asked) {
    switch (asked) {
    case service::echo:
    case service::once:
        return "";
    case service::sink:
        return " up";
    case service::source:
        return " down";
    case service::broadcast:
        return " to each";
    }
    return "";
}

const std::string& name_of(service asked) {
    return std::find_if(services.begin(), services.end(),
                        [asked](const auto& named) { return named.second == asked; })
        ->first;
}

}  // namespace

std::string_view name_of(handshakes tls) {
    switch (tls) {
    case handshakes::none:
        return "none";
    case handshakes::full:
        return "full";
    case handshakes::resumed:
        return "resumed";
    }
    return "";
}

std::string describe(const load_settings& load) {
    const std::string count = std::to_string(load.connections);
    std::string text;
    if (load.reconnect)
        text = load.asked == service::once ? "connect-echo-closed, " : "connect-echo-close, ";
    if (load.reconnect)
        text += count + " at once";
    else
        text = count + (is_stream(load.over) ? " connection" : " client") +
               (load.connections == 1 ? "" : "s");
    text += ", " + size_of(load.message_bytes);
    text += direction_of(load.asked);
    if (load.pipeline > 1)
        text += ", " + std::to_string(load.pipeline) + " in flight";
    if (load.rate_share > 0)
        text += ", " + std::to_string(static_cast<int>(100 * load.rate_share + 0.5)) + " % of rate";
    if (load.over != transport::tcp)
        text = name_of(load.over) + ", " + text;
    if (load.tls != handshakes::none)
        text += load.tls == handshakes::full ? ", TLS" : ", TLS resumed";
    if (load.idle_connections > 0)
        text += ", " + std::to_string(load.idle_connections) + " idle";
    if (load.timers > 0)
        text += ", " + std::to_string(load.timers) + " timers";
    return text + describe_concurrency(load);
}

std::string server_arguments(const load_settings& load) {
    std::string arguments;
    const auto add = [&](std::string_view option, std::string_view value) {
        arguments += arguments.empty() ? "" : " ";
        arguments.append(option).append(" ").append(value);
    };
    if (load.over != transport::tcp)
        add("--transport", name_of(load.over));
    if (load.asked != service::echo) {
        add("--service", name_of(load.asked));
        add("--message-bytes", std::to_string(load.message_bytes));
    }
    if (load.tls != handshakes::none)
        add("--tls-certificate \"$TLS_CERTIFICATE\" --tls-key", "\"$TLS_KEY\"");
    if (load.timers > 0)
        add("--timers", std::to_string(load.timers));
    if (load.concurrency != "loop")
        add("--concurrency", load.concurrency);
    if (load.workers > 1)
        add("--workers", std::to_string(load.workers));
    return arguments;
}
