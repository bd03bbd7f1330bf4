#include <ringlet/base/error_sink.hpp>

namespace ringlet {

void error_sink::report(std::error_code outcome, const char* operation) const {
    if (stores())
        *error_ = outcome;
    else if (outcome)
        throw std::system_error(outcome, operation);
}

}  // namespace ringlet
