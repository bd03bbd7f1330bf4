// Rooms in which people talk to each other: first `/nick NAME`, then `/join ROOM`, `/who`, `/quit`;
// whatever else somebody types goes to the room. Who reads too slowly is dropped, and on shutdown
// everybody is told goodbye.

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace {

using ringlet::task;

constexpr std::size_t name_size_max = 20;
constexpr std::size_t line_size_max = 500;
constexpr std::size_t lines_behind_max = 100;  // then a guest is too slow for its room
constexpr int send_buffer_size = 16 * 1024;    // of the kernel's, for each guest
constexpr std::chrono::milliseconds pause_after_line{10};
constexpr std::chrono::seconds goodbye_time_max{1};

using line = std::shared_ptr<const std::string>;  // one for everybody in the room
using room = ringlet::broadcast<line>;

class guest;

/// What the guests share. They all live in one loop, so that nothing needs a lock.
class chat_server : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;

    room& open(const std::string& name) {
        return rooms_.try_emplace(name, lines_behind_max, ringlet::slow_receivers::disconnect)
            .first->second;
    }
    void close_if_empty(const std::string& name) {
        if (const auto found = rooms_.find(name); found->second.subscriptions() == 0)
            rooms_.erase(found);
    }

    std::map<std::string, const guest*> guests;  // by name

private:
    std::map<std::string, room> rooms_;
};

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_size_max && text.find_first_of(" \t") == text.npos;
}

/// "/join tea" is {"/join", "tea"}; what is no command is {"", all of it}.
std::pair<std::string_view, std::string_view> split(std::string_view typed) {
    if (!typed.starts_with('/'))
        return {"", typed};
    const auto space = std::min(typed.find(' '), typed.size());
    return {typed.substr(0, space), typed.substr(std::min(space + 1, typed.size()))};
}

/// A client: two tasks at the same time, one for each direction.
class guest : public ringlet::stream_request_handler {
    task<> setup() override {
        request().set_send_buffer_size(send_buffer_size);
        co_return;
    }

    task<> handle() override {
        co_await tell("* who are you? /nick NAME");
        while (name_.empty()) {
            const auto typed = co_await rfile().read_line(line_size_max);
            if (!typed)
                co_return;
            co_await tell(introduce(*typed));
        }
        for (room_ = "lobby"; !room_.empty();)
            co_await stay();
    }

    /// Runs in any case: in that of a shutdown, everything else has been cancelled.
    task<> finish() override {
        chat().guests.erase(name_);
        const ringlet::shield uncancelled(request().owner());
        const ringlet::cancel_scope patience(goodbye_time_max);
        std::error_code gone;  // then there is nobody to be told
        co_await wfile().write("* goodbye\n", gone);
    }

    std::string introduce(std::string_view typed) {
        const auto [command, name] = split(typed);
        if (command != "/nick" || !is_name(name))
            return "* first /nick NAME, a word of up to " + std::to_string(name_size_max) +
                   " bytes";
        if (!chat().guests.try_emplace(std::string(name), this).second)
            return "* somebody else is " + std::string(name);
        name_ = name;
        return "* hello, " + name_;
    }

    /// In the room, until the guest wants another or none.
    task<> stay() {
        room& here = chat().open(room_);
        const presence announced(*this, here);
        auto news = here.subscribe();
        co_await ringlet::when_any(listen(here), deliver(news), drop_if_slow(news));
    }

    /// What the guest types goes to the room.
    task<> listen(room& here) {
        while (const auto typed = co_await rfile().read_line(line_size_max)) {
            const auto [command, rest] = split(*typed);
            if (command.empty()) {
                say(here, name_ + ": " + std::string(rest));
                co_await ringlet::sleep_for(pause_after_line);  // nobody floods the room
            } else if (command == "/who") {
                co_await tell(who());
            } else if (command == "/join" && is_name(rest)) {
                co_await tell("* off you go");  // and so no line is under way, to be cut off
                room_ = rest;
                co_return;
            } else if (command == "/quit") {
                break;
            } else {
                co_await tell("* you can /join ROOM, ask /who is there, and /quit");
            }
        }
        room_.clear();
    }

    /// What is said in the room goes to the guest.
    task<> deliver(room::subscription& news) {
        while (const auto said = co_await news.receive())
            co_await tell(**said);
    }

    /// A guest that takes nothing keeps `deliver` from hearing of it.
    task<> drop_if_slow(room::subscription& news) {
        co_await news.until_disconnected();
        throw std::runtime_error(name_ + " is too slow for the room \"" + room_ + "\"; dropped");
    }

    /// Announces that the guest is in a room, and then that it is not.
    class presence {
    public:
        presence(guest& present, room& here) : guest_(present), here_(here), name_(present.room_) {
            say(here_, "* " + guest_.name_ + " joins " + name_);
        }
        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;
        ~presence() {
            say(here_, "* " + guest_.name_ + " leaves " + name_);
            guest_.chat().close_if_empty(name_);
        }

    private:
        guest& guest_;
        room& here_;
        std::string name_;
    };

    /// Never waits; that is up to those who receive too slowly.
    static void say(room& here, std::string text) {
        static_cast<void>(here.try_send(std::make_shared<const std::string>(std::move(text))));
    }

    /// One line at a time: both tasks have something to tell.
    task<> tell(std::string text) {
        const auto turn = co_await writing_.lock();
        co_await wfile().print(text, "\n");
    }

    std::string who() const {
        std::string names = "* in " + room_ + ":";
        for (const auto& [name, other] : chat().guests)
            if (other->room_ == room_)
                names += " " + name;
        return names;
    }

    chat_server& chat() const { return server<chat_server>(); }

    std::string name_;  // empty before there is one
    std::string room_;  // empty for a guest that wants to leave
    ringlet::mutex writing_;
};

}  // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv, "Lets its clients talk to each other.", "127.0.0.1:9999",
                       [](const ringlet::address& address) {
                           ringlet::server_options options;
                           options.drain_timeout = {};  // guests do not leave by themselves
                           chat_server server(address, ringlet::handler<guest>, options);
                           serve_and_tell(server);
                       });
}
