#pragma once

#include <ringlet/net/address.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

// What the command lines of the examples have in common: `--address HOST:PORT`, and status 1 with a
// sentence on stderr for whatever goes wrong.

/// The options that every example takes.
class command_line {
public:
    command_line(const std::string& description, std::string address)
        : app_(description), address_(std::move(address)) {
        app_.add_option("--address", address_, "HOST:PORT, as in 127.0.0.1:9999 or [::1]:0")
            ->capture_default_str();
    }

    /// For options of an example's own.
    CLI::App& app() { return app_; }

    /// Ends the program where the command line asks for help or is wrong.
    void parse(int argc, char** argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            std::exit(app_.exit(error) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }

    /// Throws what ringlet::address::parse throws.
    ringlet::address address() const { return ringlet::address::parse(address_); }

private:
    CLI::App app_;
    std::string address_;
};

/// Runs the program's body and turns an exception into a line on stderr and status 1.
template <class Body>
int run_program(const char* name, Body body) {
    try {
        body();
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
        return EXIT_FAILURE;
    }
}
