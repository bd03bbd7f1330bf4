#pragma once

#include <cstddef>
#include <utility>

namespace ringlet {

/// Which of several tasks won, by its place among the arguments, and its result.
template <class Value>
class when_any_result {
public:
    when_any_result(std::size_t winner, Value&& won) : index(winner), value(std::move(won)) {}

    std::size_t index;
    Value value;
};

}  // namespace ringlet
