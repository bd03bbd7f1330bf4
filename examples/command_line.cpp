#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>

int run_program(int argc, char** argv, const std::string& description, std::string address,
                const std::function<void(const ringlet::address&)>& body) {
    CLI::App options(description);
    options.add_option("--address", address, "HOST:PORT, as in 127.0.0.1:9999 or [::1]:0")
        ->capture_default_str();
    try {
        options.parse(argc, argv);
        body(ringlet::address::parse(address));
        return EXIT_SUCCESS;
    } catch (const CLI::ParseError& error) {
        return options.exit(error) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& error) {
        std::cerr << std::filesystem::path(argv[0]).filename().string() << ": " << error.what()
                  << std::endl;
        return EXIT_FAILURE;
    }
}
