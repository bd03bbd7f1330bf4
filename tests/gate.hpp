#pragma once

#include "milestone.hpp"

/// Where threads stop, one after the other, until a test lets them go on.
class gate {
public:
    /// For the threads: says that one is here, and waits until it is let through.
    void pass() {
        reached_.reach();
        opened_.await();
    }

    /// Waits for one more thread to be here.
    void await() { reached_.await(); }

    /// Lets one through.
    void open() { opened_.reach(); }

private:
    milestone reached_{"a thread reaches a gate"};
    milestone opened_{"a gate is opened"};
};
