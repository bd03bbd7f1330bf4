#pragma once

#include <ringlet/net/address.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

/// The value of an option that is one of several words.
struct one_of {
    /// The keys of `named`.
    template <class Map>
    one_of(std::string& set, const Map& named) : value(&set) {
        for (const auto& [word, meant] : named)
            words.push_back(word);
    }

    std::string* value;
    std::vector<std::string> words;
};

/// An option of a program, as in `--timeout 300ms`. What it sets has the default before.
struct command_line_option {
    const char* name;
    std::variant<std::string*, std::size_t*, std::chrono::milliseconds*, one_of> value;
    const char* meaning;
};

/// What the examples' `main` has in common: reads the options and runs `body`. Answers `--help`;
/// whatever goes wrong is a sentence on stderr and status 1.
int run_program(int argc, char** argv, const std::string& description,
                const std::vector<command_line_option>& options, const std::function<void()>& body);

/// The same where `--address HOST:PORT` is the only option, by default `address`.
int run_program(int argc, char** argv, const std::string& description, std::string address,
                const std::function<void(const ringlet::address&)>& body);
