#pragma once

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

/// Throws a std::runtime_error that says `what`, at once or after a while.
inline ringlet::task<int> fail_after(std::chrono::seconds delay, std::string what) {
    if (delay > std::chrono::seconds(0))
        co_await ringlet::sleep_for(delay);
    throw std::runtime_error(what);
}

/// The text of the exception that a task throws; empty if it throws none.
template <class T>
ringlet::task<std::string> error_of(ringlet::task<T> failing) {
    try {
        co_await std::move(failing);
    } catch (const std::exception& error) {
        co_return error.what();
    }
    co_return "";
}
