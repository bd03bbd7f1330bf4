#pragma once

#include <ringlet/base/log.hpp>

#include <mutex>
#include <string>
#include <vector>

/// The process's log while one of these lives: keeps the lines, as the default log would write
/// them. It must outlive the servers and the threads of the test. From any thread.
class captured_log final : public ringlet::log_sink {
public:
    captured_log() : before_(ringlet::set_log(this)) {}
    captured_log(const captured_log&) = delete;
    captured_log& operator=(const captured_log&) = delete;
    ~captured_log() { ringlet::set_log(before_); }

    void write(const ringlet::log_record& record) override {
        const ringlet::log_line line(record);
        const std::scoped_lock lock(mutex_);
        lines_.emplace_back(line.text());
        levels_.push_back(record.level);
    }

    [[nodiscard]] std::vector<std::string> lines() const {
        const std::scoped_lock lock(mutex_);
        return lines_;
    }
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const std::string& line : lines())
            all += line;
        return all;
    }
    [[nodiscard]] std::vector<ringlet::log_level> levels() const {
        const std::scoped_lock lock(mutex_);
        return levels_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
    std::vector<ringlet::log_level> levels_;
    ringlet::log_sink* before_;
};
