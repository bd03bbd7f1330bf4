#pragma once

#include "milestone.hpp"

/// A gate at which threads stop, one after the other, until a test lets them go on.
class gate {
public:
    /// Stops the calling thread at the gate: tells the test, and waits until the test lets the
    /// thread through.
    void pass() {
        reached_.reach();
        opened_.await();
    }

    /// Waits for one more thread to stop at the gate.
    void await() { reached_.await(); }

    /// Lets one thread through the gate.
    void open() { opened_.reach(); }

private:
    milestone reached_{"a thread reaches a gate"};
    milestone opened_{"a gate is opened"};
};
