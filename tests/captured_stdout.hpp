#pragma once

#include "captured_stream.hpp"

/// Keeps what the process writes to stdout while one of these lives, instead of showing it.
class captured_stdout : public captured_stream {
public:
    captured_stdout() : captured_stream(stdout) {}
};
