#include "json_report.hpp"

#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

std::string quoted(std::string_view text) {
    std::ostringstream json;
    json << '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            json << '\\' << c;
        else if (static_cast<unsigned char>(c) < 0x20)
            json << ' ';
        else
            json << c;
    }
    json << '"';
    return json.str();
}

// An object, member by member.
class object {
public:
    object(std::ostream& out, std::string indent) : out_(out), indent_(std::move(indent)) {
        out_ << '{';
    }
    ~object() { out_ << '\n' << indent_ << '}'; }
    object(const object&) = delete;
    object& operator=(const object&) = delete;

    // The name of the next value, which is to be written to what this returns.
    std::ostream& member(std::string_view name) {
        out_ << (std::exchange(first_, false) ? "\n" : ",\n") << indent_ << "  " << quoted(name)
             << ": ";
        return out_;
    }
    void add(std::string_view name, std::string_view text) { member(name) << quoted(text); }
    void add(std::string_view name, const quartiles& value) {
        member(name) << "{\"lower\": " << value.lower << ", \"median\": " << value.median
                     << ", \"upper\": " << value.upper << '}';
    }
    void add(std::string_view name, std::chrono::nanoseconds time) { member(name) << time.count(); }
    template <class Number>
    requires std::is_arithmetic_v<Number>
    void add(std::string_view name, Number number) { member(name) << number; }

private:
    std::ostream& out_;
    std::string indent_;
    bool first_ = true;
};

template <class Items, class Write>
void write_array(std::ostream& out, const Items& items, Write write) {
    out << '[';
    for (const auto& item : items) {
        out << (&item == &items.front() ? "" : ", ");
        write(out, item);
    }
    out << ']';
}

void write_machine(std::ostream& out, const machine& here) {
    object json(out, "  ");
    json.add("kernel", here.kernel);
    json.add("cpu", here.cpu);
    json.add("cpus", here.cpus);
    json.add("ring", here.ring);
    json.add("compiler", here.compiler);
    json.add("libraries", here.libraries);
}

void write_standing(std::ostream& out, const standing& one) {
    object json(out, "    ");
    json.add("name", one.name);
    json.add("cpu_ratio", one.cpu_ratio);
    json.add("rate_ratio", one.rate_ratio);
    json.add("cpu_ns_per_message", one.cpu_ns_per_message);
    json.add("messages_per_second", one.messages_per_second);
    json.add("p50_ns", one.p50);
    json.add("p90_ns", one.p90);
    json.add("p99_ns", one.p99);
    json.add("p999_ns", one.p999);
    json.add("slices", one.slices);
    json.add("datagrams_lost", one.lost);
    if (one.bytes_per_idle)
        json.add("bytes_per_idle_connection", *one.bytes_per_idle);
}

void write_row(std::ostream& out, const result& row) {
    const load_settings& load = row.load;
    object json(out, "  ");
    json.add("workload", row.workload);
    json.add("row", describe(load));
    json.add("transport", name_of(load.over));
    json.add("connections", load.connections);
    json.add("idle_connections", load.idle_connections);
    json.add("timers", load.timers);
    json.add("message_bytes", load.message_bytes);
    json.add("request_bytes", load.request_bytes());
    json.add("response_bytes", load.response_bytes());
    json.add("pipeline", load.pipeline);
    json.add("rate_share", load.rate_share);
    json.add("reconnect", load.reconnect);
    json.add("handshakes", name_of(load.tls));
    json.add("concurrency", load.concurrency);
    json.add("workers", load.workers);
    json.add("seconds", row.settings.length.count());
    json.add("slice_ms", row.settings.slice.count());
    json.add("stolen_share", row.stolen);
    if (row.wake_up)
        json.add("wake_up_ns", *row.wake_up);
    write_array(json.member("server_cpus"), row.cpus.servers,
                [](std::ostream& to, int cpu) { to << cpu; });
    write_array(json.member("servers"), row.standings, write_standing);
}

}  // namespace

void write_json(std::ostream& out, const machine& here, const run_summary& run,
                const std::vector<result>& rows) {
    out << std::setprecision(9) << std::boolalpha;
    {
        object json(out, "");
        write_machine(json.member("machine"), here);
        json.add("stolen_share", run.stolen);
        json.add("too_much_stolen", run.stolen > stolen_share_max);
        write_array(json.member("rows"), rows, write_row);
    }
    out << '\n';
}
