#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>

namespace {

/// Adds an option to `parser`, in the way that the type of the option's value needs.
class adding {
public:
    adding(CLI::App& parser, const command_line_option& added) : parser_(parser), added_(added) {}

    template <class Value>
    void operator()(Value* value) const {
        parser_.add_option(added_.name, *value, added_.meaning)->capture_default_str();
    }

    void operator()(std::chrono::milliseconds* value) const {
        const std::map<std::string, std::int64_t> milliseconds{{"ms", 1}, {"s", 1000}};
        CLI::AsNumberWithUnit unit(milliseconds, CLI::AsNumberWithUnit::UNIT_REQUIRED);
        unit.description("");
        const auto store = [value](std::int64_t count) {
            *value = std::chrono::milliseconds(count);
        };
        parser_.add_option_function<std::int64_t>(added_.name, store, added_.meaning)
            ->transform(unit)
            ->type_name("TIME")
            ->default_str(std::to_string(value->count()) + "ms");
    }

    void operator()(bool* value) const { parser_.add_flag(added_.name, *value, added_.meaning); }

    void operator()(const one_of& choice) const {
        const auto check = [&choice](const std::string& given) {
            const bool known = std::ranges::find(choice.words, given) != choice.words.end();
            return known ? "" : given + " is none of " + CLI::detail::join(choice.words, ", ");
        };
        parser_.add_option(added_.name, *choice.value, added_.meaning)
            ->capture_default_str()
            ->type_name(CLI::detail::join(choice.words, "|"))
            ->check(CLI::Validator(check, ""));
    }

private:
    CLI::App& parser_;
    const command_line_option& added_;
};

}  // namespace

int run_program(int argc, char** argv, const std::string& description,
                const std::vector<command_line_option>& options,
                const std::function<void()>& body) {
    CLI::App parser(description);
    for (const command_line_option& option : options)
        std::visit(adding(parser, option), option.value);
    try {
        parser.parse(argc, argv);
        body();
        return EXIT_SUCCESS;
    } catch (const CLI::ParseError& error) {
        return parser.exit(error) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& error) {
        std::cerr << std::filesystem::path(argv[0]).filename().string() << ": " << error.what()
                  << std::endl;
        return EXIT_FAILURE;
    }
}

int run_program(int argc, char** argv, const std::string& description, std::string address,
                const std::function<void(const ringlet::address&)>& body) {
    return run_program(argc, argv, description,
                       {{"--address", &address, "HOST:PORT, as in 127.0.0.1:9999 or [::1]:0"}},
                       [&] { body(ringlet::address::parse(address)); });
}
