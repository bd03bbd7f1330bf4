#pragma once

#include "child_process.hpp"

#include <string>
#include <string_view>
#include <utility>

/// What hooks have noted, in order, whichever thread or process they were called in.
class hook_trace {
public:
    void note(std::string_view name) const {
        const std::string line = std::string(name).append("\n");
        if (::write(to_.native_handle(), line.data(), line.size()) < 0)  // at one go: pipe(7)
            throw std::system_error(errno, std::system_category(), "hook_trace");
    }

    /// The lines up to the next one that is `name`. Throws where that does not come in time.
    std::string read_until(std::string_view name) {
        std::string lines;
        do
            lines += from_.read_until("\n");
        while (!("\n" + lines).ends_with("\n" + std::string(name).append("\n")));
        return lines;
    }

    /// All the rest; what is noted from now on is lost.
    std::string read_rest() {
        to_.close();
        return from_.read_rest();
    }

private:
    explicit hook_trace(std::pair<pipe_end, pipe_end> ends)
        : from_(std::move(ends.first)), to_(std::move(ends.second)) {}

public:
    hook_trace() : hook_trace(pipe_end::make_pair()) {}

private:
    child_output from_;
    pipe_end to_;
};
