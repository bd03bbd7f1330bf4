#include <ringlet/server/exit_status.hpp>

#include <cstring>

namespace ringlet {

std::string exit_status::to_string() const {
    switch (manner_) {
    case manner::exited:
        return "exited with status " + std::to_string(number_);
    case manner::signalled: {
        std::string text = "killed by signal " + std::to_string(number_);
        text += " (";
        text += ::strsignal(number_);
        text += core_dumped_ ? "), core dumped" : ")";
        return text;
    }
    default:
        return "ended with a status that is unknown";
    }
}

}  // namespace ringlet
