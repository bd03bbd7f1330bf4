#include <ringlet/loop/detail/deadline_passed.hpp>

#include <string>

namespace ringlet::detail {

namespace {

const std::error_category& deadline_category() noexcept {
    static const class final : public std::error_category {
        const char* name() const noexcept override { return "deadline"; }
        std::string message(int /*code*/) const override {
            return "timed out by a deadline of this program";
        }
        std::error_condition default_error_condition(int /*code*/) const noexcept override {
            return std::errc::timed_out;
        }
    } category;
    return category;
}

}  // namespace

std::error_code deadline_passed() noexcept {
    return {static_cast<int>(std::errc::timed_out), deadline_category()};
}

}  // namespace ringlet::detail
