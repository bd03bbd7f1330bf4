#include "catch.hpp"

#include <ringlet/ring/intrusive_list.hpp>
#include <ringlet/ring/list_hook.hpp>

#include <optional>

TEST_CASE("a hook leaves its list when it is destroyed", "[ring]") {
    ringlet::list_hook stays;
    std::optional<ringlet::list_hook> goes(std::in_place);
    ringlet::intrusive_list<ringlet::list_hook> list;
    list.push_back(*goes);
    list.push_back(stays);
    goes.reset();
    CHECK(&list.front() == &stays);
    stays.unlink();
    CHECK(list.empty());
}

TEST_CASE("unlinking a hook that is in no list does nothing", "[ring]") {
    ringlet::list_hook hook;
    hook.unlink();
    CHECK_FALSE(hook.linked());
    ringlet::intrusive_list<ringlet::list_hook> list;
    list.push_back(hook);
    hook.unlink();
    hook.unlink();
    CHECK_FALSE(hook.linked());
    CHECK(list.empty());
}
