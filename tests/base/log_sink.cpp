#include "catch.hpp"

#include <ringlet/base/log.hpp>

#include <array>
#include <string>

namespace tests::base_log_sink {

using ringlet::log_field;
using ringlet::log_level;

TEST_CASE("a sink gets a record's level, message, fields and what was suppressed", "[base]") {
    struct attentive final : ringlet::log_sink {
        void write(const ringlet::log_record& record) override {
            CHECK(record.level == log_level::error);
            CHECK(record.message == "an event");
            REQUIRE(record.fields.size() == 2);
            CHECK(record.fields[0].name == "one");
            CHECK(record.fields[1].value.to_string() == "2\n");  // as it is
            CHECK(record.suppressed == 3);
            ++calls;
        }
        int calls = 0;
    };
    attentive sink;
    ringlet::log_sink* const before = ringlet::set_log(&sink);
    const std::array fields{log_field{"one", "1"}, log_field{"two", "2\n"}};
    ringlet::log({log_level::error, "an event", fields, 3});
    ringlet::set_log(before);
    CHECK(sink.calls == 1);
}

}  // namespace tests::base_log_sink
