#include "catch.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/detail/list_hook.hpp>

#include <optional>

namespace tests::base_list_hook {

TEST_CASE("a hook leaves its list when it is destroyed", "[base]") {
    ringlet::detail::list_hook stays;
    std::optional<ringlet::detail::list_hook> goes(std::in_place);
    ringlet::detail::intrusive_list<ringlet::detail::list_hook> list;
    list.push_back(*goes);
    list.push_back(stays);
    goes.reset();
    CHECK(&list.front() == &stays);
    stays.unlink();
    CHECK(list.empty());
}

TEST_CASE("unlinking a hook that is in no list does nothing", "[base]") {
    ringlet::detail::list_hook hook;
    hook.unlink();
    CHECK_FALSE(hook.linked());
    ringlet::detail::intrusive_list<ringlet::detail::list_hook> list;
    list.push_back(hook);
    hook.unlink();
    hook.unlink();
    CHECK_FALSE(hook.linked());
    CHECK(list.empty());
}

}  // namespace tests::base_list_hook
