#pragma once

#include "gate.hpp"

#include <netdb.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// While one lives, this program's getaddrinfo(3) answers as told for the names that it is told of,
/// instead of asking the system; of all others nothing changes. One at a time.
class scripted_resolver {
public:
    scripted_resolver();
    scripted_resolver(const scripted_resolver&) = delete;
    scripted_resolver& operator=(const scripted_resolver&) = delete;
    ~scripted_resolver();

    /// Each look-up of `name` gives these IP addresses.
    void answer(const std::string& name, std::vector<std::string> addresses) {
        add(name, {std::move(addresses), 0, 0, nullptr});
    }

    /// Each fails with `error`, one of EAI_*; EAI_SYSTEM with `number` in errno.
    void fail(const std::string& name, int error, int number = 0) {
        add(name, {{}, error, number, nullptr});
    }

    /// Each stops at `passed`, and gives 192.0.2.1 then.
    void hold(const std::string& name, gate& passed) { add(name, {{"192.0.2.1"}, 0, 0, &passed}); }

    /// How often a name has been looked up that it was told of, and the last hints.
    [[nodiscard]] int look_ups() const {
        const std::lock_guard lock(mutex_);
        return look_ups_;
    }
    [[nodiscard]] addrinfo last_hints() const {
        const std::lock_guard lock(mutex_);
        return last_hints_;
    }

    /// As getaddrinfo(3); false if it was not told of `name`.
    bool look_up(const std::string& name, const char* service, const addrinfo& hints,
                 addrinfo** found, int& error);

private:
    struct script {
        std::vector<std::string> addresses;
        int error;
        int number;
        gate* held;
    };

    void add(const std::string& name, script told) {
        const std::lock_guard lock(mutex_);
        scripts_[name] = std::move(told);
    }

    mutable std::mutex mutex_;
    std::map<std::string, script> scripts_;
    int look_ups_ = 0;
    addrinfo last_hints_{};
};
