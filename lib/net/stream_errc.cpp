#include <ringlet/net/stream_errc.hpp>

#include <string>

namespace ringlet {

const std::error_category& stream_category() noexcept {
    static const class final : public std::error_category {
        const char* name() const noexcept override { return "stream"; }
        std::string message(int code) const override {
            switch (static_cast<stream_errc>(code)) {
            case stream_errc::end_of_stream:
                return "the stream ended too early; what had come can still be read otherwise";
            case stream_errc::too_long:
                return "longer than the maximum; raise it, or read what has come otherwise";
            }
            return "unknown error " + std::to_string(code);
        }
    } category;
    return category;
}

std::error_code make_error_code(stream_errc error) noexcept {
    return {static_cast<int>(error), stream_category()};
}

}  // namespace ringlet
