#include "catch.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>

#include <array>
#include <vector>

namespace tests::base_intrusive_list {

namespace {

struct member : ringlet::detail::list_hook {
    explicit member(int n) : number(n) {}
    int number;
};
using list = ringlet::detail::intrusive_list<member>;

std::vector<int> numbers_of(list& members) {
    std::vector<int> numbers;
    members.for_each([&](member& one) { numbers.push_back(one.number); });
    return numbers;
}

}  // namespace

TEST_CASE("an intrusive list is first in, first out", "[base]") {
    std::array members{member(1), member(2), member(3)};
    list all;
    CHECK(all.empty());
    for (member& one : members)
        all.push_back(one);
    CHECK(numbers_of(all) == std::vector{1, 2, 3});
    CHECK(&all.front() == members.data());
    CHECK(all.pop_front().number == 1);
    CHECK_FALSE(members[0].linked());
    CHECK(all.pop_front().number == 2);
    CHECK(all.pop_front().number == 3);
    CHECK(all.empty());
}

TEST_CASE("a member unlinks from anywhere in an intrusive list", "[base]") {
    const int gone = GENERATE(1, 2, 3);
    std::array members{member(1), member(2), member(3)};
    list all;
    for (member& one : members)
        all.push_back(one);
    members.at(static_cast<std::size_t>(gone - 1)).unlink();
    std::vector expected{1, 2, 3};
    expected.erase(expected.begin() + gone - 1);
    CHECK(numbers_of(all) == expected);

    all.push_back(members.at(static_cast<std::size_t>(gone - 1)));
    expected.push_back(gone);
    CHECK(numbers_of(all) == expected);
}

TEST_CASE("splicing moves all members to the end of another list, in order", "[base]") {
    std::array members{member(1), member(2), member(3), member(4)};
    list some;
    list others;
    some.splice_back(others);
    CHECK(some.empty());

    others.push_back(members[0]);
    others.push_back(members[1]);
    some.splice_back(others);
    CHECK(others.empty());
    CHECK(numbers_of(some) == std::vector{1, 2});

    others.push_back(members[2]);
    others.push_back(members[3]);
    some.splice_back(others);
    CHECK(numbers_of(some) == std::vector{1, 2, 3, 4});
    others.push_back(some.pop_front());
    CHECK(numbers_of(others) == std::vector{1});
    CHECK(numbers_of(some) == std::vector{2, 3, 4});
}

TEST_CASE("a visitor may unlink the member that it is given", "[base]") {
    std::array members{member(1), member(2), member(3), member(4)};
    list all;
    list odd;
    for (member& one : members)
        all.push_back(one);
    all.for_each([&](member& one) {
        if (one.number % 2 == 0)
            return;
        one.unlink();
        odd.push_back(one);
    });
    CHECK(numbers_of(all) == std::vector{2, 4});
    CHECK(numbers_of(odd) == std::vector{1, 3});
}

TEST_CASE("members that are left in a list that ends are in none", "[base]") {
    member one(1);
    {
        list all;
        all.push_back(one);
        CHECK(one.linked());
    }
    CHECK_FALSE(one.linked());
}

}  // namespace tests::base_intrusive_list
