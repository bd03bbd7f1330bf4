#pragma once

#include "gate.hpp"

#include <netdb.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// While an object of this class lives, this program's getaddrinfo(3) answers from its script for
/// the scripted names, instead of asking the system. Other names are looked up as usual. A program
/// has at most one resolver at a time.
class scripted_resolver {
public:
    scripted_resolver();
    scripted_resolver(const scripted_resolver&) = delete;
    scripted_resolver& operator=(const scripted_resolver&) = delete;
    ~scripted_resolver();

    /// Makes each look-up of `name` give these IP addresses.
    void answer(const std::string& name, std::vector<std::string> addresses) {
        add(name, {std::move(addresses), 0, 0, nullptr, AF_UNSPEC});
    }

    /// Makes each look-up of `name` fail with `error`, one of EAI_*; with EAI_SYSTEM, `number` is
    /// in errno.
    void fail(const std::string& name, int error, int number = 0) {
        add(name, {{}, error, number, nullptr, AF_UNSPEC});
    }

    /// Makes each look-up of `name` stop at the gate `passed`, and then give 192.0.2.1.
    void hold(const std::string& name, gate& passed) {
        add(name, {{"192.0.2.1"}, 0, 0, &passed, AF_UNSPEC});
    }

    /// Makes look-ups of `name` in `family` stop at the gate `passed`, and then find what is among
    /// these IP addresses; those in the other family find it at once.
    void hold(const std::string& name, int family, std::vector<std::string> addresses,
              gate& passed) {
        add(name, {std::move(addresses), 0, 0, &passed, family});
    }

    /// The number of look-ups of scripted names.
    [[nodiscard]] int look_ups() const {
        const std::lock_guard lock(mutex_);
        return look_ups_;
    }
    /// The hints of the last look-up of a scripted name.
    [[nodiscard]] addrinfo last_hints() const {
        const std::lock_guard lock(mutex_);
        return last_hints_;
    }

    /// Looks `name` up as getaddrinfo(3) does. Returns false if `name` is not scripted.
    bool look_up(const std::string& name, const char* service, const addrinfo& hints,
                 addrinfo** found, int& error);

private:
    struct script {
        std::vector<std::string> addresses;
        int error;
        int number;
        gate* held;
        int held_family;  // AF_UNSPEC for both
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
