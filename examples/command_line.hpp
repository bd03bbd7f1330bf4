#pragma once

#include <ringlet/net/address.hpp>

#include <functional>
#include <string>

/// What the examples' `main` has in common: reads `--address HOST:PORT`, which is `address` where
/// it is not given, and runs `body` with it. Answers `--help`; whatever goes wrong is a sentence on
/// stderr and status 1.
int run_program(int argc, char** argv, const std::string& description, std::string address,
                const std::function<void(const ringlet::address&)>& body);
