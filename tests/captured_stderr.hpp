#pragma once

#include "captured_stream.hpp"

/// Keeps what the process writes to stderr while one of these lives, instead of showing it.
class captured_stderr : public captured_stream {
public:
    captured_stderr() : captured_stream(stderr) {}
};
