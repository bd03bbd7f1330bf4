#include "daemon/detail/process_metrics.hpp"
#include "catch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>

namespace tests::daemon_process_metrics {

using ringlet::daemon::metrics_text;
using ringlet::daemon::detail::write_process;

namespace {

/// The value of a metric that has no labels.
double value_of(const std::string& name) {
    metrics_text out;
    write_process(out);
    const std::string text = out.text();
    INFO(text);
    const auto found = text.find('\n' + name + ' ');
    REQUIRE(found != std::string::npos);
    return std::stod(text.substr(found + name.size() + 2));
}

}  // namespace

TEST_CASE("the process tells how many descriptors it has", "[daemon]") {
    const double before = value_of("process_open_fds");
    const int opened = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(value_of("process_open_fds") == before + 1);
    ::close(opened);
    CHECK(value_of("process_open_fds") == before);
    CHECK(value_of("process_max_fds") >= before);
}

TEST_CASE("the process tells when it began, and what it has used", "[daemon]") {
    using namespace std::chrono;
    const double now = duration<double>(system_clock::now().time_since_epoch()).count();
    CHECK(value_of("process_start_time_seconds") <= now + 1);
    CHECK(value_of("process_start_time_seconds") > now - 24 * 3600);
    CHECK(value_of("process_cpu_seconds_total") >= 0);
    CHECK(value_of("process_resident_memory_bytes") > 100'000);
    CHECK(value_of("process_virtual_memory_bytes") >= value_of("process_resident_memory_bytes"));
}

}  // namespace tests::daemon_process_metrics
