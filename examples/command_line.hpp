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
    /// A choice among the keys of `named`, stored in `set`.
    template <class Map>
    one_of(std::string& set, const Map& named) : value(&set) {
        for (const auto& [word, meant] : named)
            words.push_back(word);
    }

    std::string* value;
    std::vector<std::string> words;
};

/// An option of a program, as in `--timeout 300ms`. The variable at `value` holds the default
/// before the command line is read. A flag has no value on the command line, and sets its variable.
struct command_line_option {
    const char* name;
    std::variant<std::string*, std::size_t*, std::chrono::milliseconds*, bool*, one_of> value;
    const char* meaning;
};

/// The common part of the examples' `main`: reads the options, answers `--help`, and runs `body`.
/// On an error it prints a sentence on stderr. Returns the exit status: 0, or 1 after an error.
int run_program(int argc, char** argv, const std::string& description,
                const std::vector<command_line_option>& options, const std::function<void()>& body);

/// The common part of the `main` of examples whose only option is `--address HOST:PORT`, by default
/// `address`: reads the option and runs `body` with it. Returns the exit status: 0, or 1 after an
/// error.
int run_program(int argc, char** argv, const std::string& description, std::string address,
                const std::function<void(const ringlet::address&)>& body);
