#include "blocking_client.hpp"
#include "programs.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tests::examples_chat_server {

namespace {

const std::string question = "* who are you? /nick NAME";
const std::string goodbye = "* goodbye";
const std::string advice = "* you can /join ROOM, ask /who is there, and /quit";

/// Somebody who types and reads lines.
class chatter {
public:
    explicit chatter(const example_server& server) : client_(server.address().family()) {
        client_.set_option(SOL_SOCKET, SO_RCVBUF, 4096);  // whoever does not read is soon noticed
        client_.connect(server.address());
        CHECK(hears() == question);
    }

    /// One that is in the lobby.
    chatter(const example_server& server, const std::string& name) : chatter(server) {
        introduce(name);
        types("/nothing");  // the answer comes from there
        CHECK(hears() == advice);
    }

    void introduce(const std::string& name) {
        types("/nick " + name);
        CHECK(hears() == "* hello, " + name);
    }

    void types(const std::string& text) { client_.send(text + "\n"); }

    /// The next line; what there is, where the stream ends before.
    std::string hears() {
        std::string line;
        for (std::string next; (next = client_.receive(1)) != "\n" && !next.empty();)
            line += next;
        return line;
    }

    /// The rest, up to the end of the stream.
    std::string hears_at_last() { return client_.receive_all(); }

    blocking_client& client() noexcept { return client_; }

private:
    blocking_client client_;
};

/// Guests in the lobby, who have heard of each other.
std::vector<chatter> gather(const example_server& server, const std::vector<std::string>& names) {
    std::vector<chatter> guests;
    guests.reserve(names.size());
    for (const std::string& name : names) {
        guests.emplace_back(server, name);
        for (std::size_t i = 0; i + 1 < guests.size(); ++i)
            CHECK(guests[i].hears() == "* " + name + " joins lobby");
    }
    return guests;
}

}  // namespace

TEST_CASE("guests of the chat server hear those in their room, and only those", "[examples]") {
    const example_server server("chat_server");
    std::vector<chatter> guests = gather(server, {"ann", "bob"});
    chatter& ann = guests[0];
    chatter& bob = guests[1];
    bob.types("hello");
    CHECK(bob.hears() == "bob: hello");
    CHECK(ann.hears() == "bob: hello");

    ann.types("/join tea room");  // no name has a space in it
    CHECK(ann.hears() == advice);
    ann.types("/join tea");
    CHECK(ann.hears() == "* off you go");
    CHECK(bob.hears() == "* ann leaves lobby");
    ann.types("anybody here?");
    CHECK(ann.hears() == "ann: anybody here?");
    bob.types("alone");
    CHECK(bob.hears() == "bob: alone");
    bob.types("/join tea");
    CHECK(bob.hears() == "* off you go");
    CHECK(ann.hears() == "* bob joins tea");
    bob.types("/who");
    CHECK(bob.hears() == "* in tea: ann bob");
    bob.types("你好");
    CHECK(bob.hears() == "bob: 你好");
    CHECK(ann.hears() == "bob: 你好");
}

TEST_CASE("the chat server wants a name, and gives each to one guest at a time", "[examples]") {
    const example_server server("chat_server");
    const std::string refusal = "* first /nick NAME, a word of up to 20 bytes";
    chatter ann(server, "ann");
    chatter other(server);
    for (const std::string& text : {std::string("hello"), std::string("/who"), std::string("/nick"),
                                    std::string("/nick a b"), "/nick " + std::string(21, 'a')}) {
        CAPTURE(text);
        other.types(text);
        CHECK(other.hears() == refusal);
    }
    other.types("/nick ann");
    CHECK(other.hears() == "* somebody else is ann");
    ann.types("/quit");
    CHECK(ann.hears() == goodbye);
    CHECK(ann.hears_at_last().empty());
    other.introduce("ann");
}

TEST_CASE("a guest who goes, in whatever way, is announced to the others", "[examples]") {
    example_server server("chat_server");
    chatter stays(server, "stays");
    const auto come = [&](const std::string& name) {
        chatter guest(server, name);
        CHECK(stays.hears() == "* " + name + " joins lobby");
        return guest;
    };
    come("quits").types("/quit");
    CHECK(stays.hears() == "* quits leaves lobby");
    come("ends").client().shutdown_sending();
    CHECK(stays.hears() == "* ends leaves lobby");
    come("resets").client().reset();
    CHECK(stays.hears() == "* resets leaves lobby");
    chatter shouts = come("shouts");
    shouts.types(std::string(501, 'x'));
    CHECK(stays.hears() == "* shouts leaves lobby");
    CHECK(shouts.hears() == goodbye);
    stays.types("/who");
    CHECK(stays.hears() == "* in lobby: stays");
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("a guest who reads too slowly is dropped, and the others do not notice", "[examples]") {
    constexpr int rounds_max = 1'000;
    const std::string text(400, 'x');
    const std::string farewell = "* slow leaves lobby";
    example_server server("chat_server");
    std::vector<chatter> quick = gather(server, {"a", "b", "c", "slow"});
    chatter slow = std::move(quick.back());
    quick.pop_back();

    std::size_t told = 0;
    for (int round = 0; told < quick.size() && round < rounds_max; ++round) {
        for (chatter& each : quick)
            each.types(text);
        for (chatter& each : quick)
            for (std::size_t said = 0; said < quick.size();) {
                const std::string line = each.hears();
                if (line != farewell)
                    REQUIRE(line.ends_with(": " + text));
                ++(line == farewell ? told : said);
            }
    }
    CHECK(told == quick.size());
    const std::string word = server.err().read_until("\n");
    CAPTURE(word);
    CHECK(word.find(R"(error="slow is too slow for the room \"lobby\"; dropped")") != word.npos);
    slow.hears_at_last();  // what was on its way, and then the end

    server.signal(SIGTERM);
    for (chatter& each : quick)
        CHECK(each.hears() == goodbye);
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

TEST_CASE("the chat server tells everyone goodbye when a signal ends it", "[examples]") {
    const int signal = GENERATE(SIGINT, SIGTERM);
    example_server server("chat_server");
    std::vector<chatter> guests = gather(server, {"ann", "bob"});
    guests.emplace_back(server);  // who has no name yet
    server.signal(signal);
    for (chatter& each : guests) {
        CHECK(each.hears() == goodbye);
        CHECK(each.hears_at_last().empty());
    }
    CHECK(server.wait() == 0);
    CHECK(server.err().read_rest().empty());
}

}  // namespace tests::examples_chat_server
