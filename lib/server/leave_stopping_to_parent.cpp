#include "leave_stopping_to_parent.hpp"

#include <csignal>
#include <initializer_list>

namespace ringlet {

void leave_stopping_to_parent() noexcept {
    struct sigaction nothing {};
    nothing.sa_handler = [](int /*number*/) {};
    nothing.sa_flags = SA_RESTART;
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction now {};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
            ::sigaction(number, &nothing, nullptr);
    }
}

}  // namespace ringlet
