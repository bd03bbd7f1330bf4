#pragma once

#include <ringlet/ring/log_record.hpp>

namespace ringlet {

/// Where the library's reports go: derive from it, and name it to `set_log`.
class log_sink {
public:
    /// Takes one record. Called from any thread, from several at once, in forked children too, and
    /// from the threads that serve: it must be thread-safe and should not block. What it throws
    /// costs only this record, which goes to stderr instead. What it logs itself comes back to it.
    virtual void write(const log_record& record) = 0;

protected:
    ~log_sink() = default;
};

}  // namespace ringlet
