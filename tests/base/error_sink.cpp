#include "catch.hpp"

#include <ringlet/base/error_sink.hpp>

#include <string>
#include <type_traits>

namespace tests::base_error_sink {

using ringlet::error_sink;
using ringlet::throws;

namespace {

const std::error_code refused = std::make_error_code(std::errc::connection_refused);

/// What a function does that reports `outcome`, as `connect`.
void end_with(std::error_code outcome, error_sink error = throws) {
    error.report(outcome, "connect");
}

}  // namespace

TEST_CASE("an error is thrown, naming the operation, where no error_code is passed", "[base]") {
    CHECK_FALSE(throws.stores());
    CHECK_NOTHROW(end_with({}));
    try {
        end_with(refused);
        FAIL("nothing was thrown");
    } catch (const std::system_error& failure) {
        CHECK(failure.code() == refused);
        CHECK(std::string(failure.what()).find("connect") == 0);
    }
}

TEST_CASE("an error is stored in the error_code that is passed, and a success clears it",
          "[base]") {
    std::error_code error;
    CHECK(error_sink(error).stores());
    end_with(refused, error);
    CHECK(error == refused);
    end_with({}, error);
    CHECK_FALSE(error);
    error = refused;
    error_sink(error).clear();
    CHECK_FALSE(error);
    throws.clear();  // has nothing to clear
}

TEST_CASE("the text of an error is made only if it is thrown", "[base]") {
    int made = 0;
    const auto describe = [&made] {
        ++made;
        return std::string("cannot connect to the moon");
    };
    std::error_code error;
    error_sink(error).report(refused, describe);
    CHECK(error == refused);
    throws.report({}, describe);
    CHECK(made == 0);
    try {
        throws.report(refused, describe);
        FAIL("nothing was thrown");
    } catch (const std::system_error& failure) {
        CHECK(failure.code() == refused);
        CHECK(std::string(failure.what()).find("cannot connect to the moon") == 0);
    }
    CHECK(made == 1);
}

TEST_CASE("an exception that is handled has its code stored, or is thrown on as it is", "[base]") {
    const auto handle = [](error_sink error) {
        try {
            throw std::system_error(refused, "as it was");
        } catch (const std::system_error& failure) {
            error.report_handled(failure);
        }
    };
    std::error_code error;
    handle(error);
    CHECK(error == refused);
    try {
        handle(throws);
        FAIL("nothing was thrown");
    } catch (const std::system_error& failure) {
        CHECK(failure.code() == refused);
        CHECK(std::string(failure.what()).find("as it was") == 0);
    }
}

TEST_CASE("a sink is as cheap to pass as a pointer, and takes no temporary", "[base]") {
    STATIC_REQUIRE(sizeof(error_sink) == sizeof(void*));
    STATIC_REQUIRE(std::is_trivially_copyable_v<error_sink>);
    STATIC_REQUIRE(std::is_convertible_v<std::error_code&, error_sink>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::error_code, error_sink>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<const std::error_code&, error_sink>);
}

}  // namespace tests::base_error_sink
