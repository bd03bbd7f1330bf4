// The programs of docs/testing.md: a unit test that sees no bug, and a simulation that finds it.

#include "programs.hpp"

#include <string>

namespace tests::examples_simulation {

TEST_CASE("the documented unit test passes", "[examples]") {
    child_process test(example("testing_unit_test"));
    CHECK(test.out().read_rest() == "the unit test passes\n");
    CHECK(test.wait() == 0);
}

TEST_CASE("the documented simulation finds the bug, and what it needs", "[examples]") {
    child_process simulation(example("testing_simulation"));
    const std::string text = simulation.err().read_rest();
    CAPTURE(text);
    CHECK(simulation.wait() == 1);
    CHECK(text.find("a value that was set can be read does not hold, at ") != std::string::npos);
    const auto says = [&](const std::string& words) { return text.find(words) != text.npos; };
    CHECK((says("\nfaults: short receives #") || says("\nfaults: short sends #") ||
           says("\nfaults: small windows\n")));
    CHECK(says("to repeat it:\n    RINGLET_SEED="));
    CHECK(says("testing_simulation\n"));
    CHECK(says("  store  receives at port 9999 bytes: "));
    CHECK(says("  client  FAILS\n"));
}

}  // namespace tests::examples_simulation
