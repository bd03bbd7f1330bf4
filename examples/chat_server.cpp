// Rooms in which people talk to each other. A guest first types `/nick NAME`, then `/join ROOM`,
// `/who` or `/quit`; any other line goes to the room. The server drops a guest that reads too
// slowly, and says goodbye to every guest on shutdown.

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
constexpr std::size_t lines_behind_max = 100;  // a guest that is further behind is too slow
constexpr int send_buffer_size = 16 * 1024;    // the kernel's buffer for each guest
constexpr std::chrono::milliseconds pause_after_line{10};
constexpr std::chrono::seconds goodbye_time_max{1};

using line = std::shared_ptr<const std::string>;  // one string for all guests of a room
using room = ringlet::broadcast<line>;

class guest;

/// The rooms and names that the guests share. All guests live in one loop, so no lock is needed.
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

/// Splits a typed line: "/join tea" into {"/join", "tea"}, and a line without a command into {"",
/// the line}.
std::pair<std::string_view, std::string_view> split(std::string_view typed) {
    if (!typed.starts_with('/'))
        return {"", typed};
    const auto space = std::min(typed.find(' '), typed.size());
    return {typed.substr(0, space), typed.substr(std::min(space + 1, typed.size()))};
}

/// A client. Two tasks run at the same time, one for each direction.
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

    /// Says goodbye. It runs in every case; on a shutdown the server has cancelled everything else.
    task<> finish() override {
        chat().guests.erase(name_);
        const ringlet::shield shield_guard(request().owner());
        const ringlet::cancel_scope time_limit(goodbye_time_max);
        std::error_code ignored;  // a guest that has gone hears no goodbye
        co_await wfile().write("* goodbye\n", ignored);
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

    /// Keeps the guest in its room until it wants another room or none.
    task<> stay() {
        room& own_room = chat().open(room_);
        const presence announced(*this, own_room);
        auto news = own_room.subscribe();
        co_await ringlet::when_any(listen(own_room), deliver(news), drop_if_slow(news));
    }

    /// Sends the guest's lines to the room, and obeys its commands.
    task<> listen(room& own_room) {
        while (const auto typed = co_await rfile().read_line(line_size_max)) {
            const auto [command, rest] = split(*typed);
            if (command.empty()) {
                say(own_room, name_ + ": " + std::string(rest));
                co_await ringlet::sleep_for(pause_after_line);  // nobody floods the room
            } else if (command == "/who") {
                co_await tell(who());
            } else if (command == "/join" && is_name(rest)) {
                co_await tell("* off you go");  // so no line to the guest is under way, which
                                                // leaving would cut off
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

    /// Sends the lines of the room to the guest.
    task<> deliver(room::subscription& news) {
        while (const auto said = co_await news.receive())
            co_await tell(**said);
    }

    /// Throws when the guest is too far behind. `deliver` cannot notice this while it waits for the
    /// guest.
    task<> drop_if_slow(room::subscription& news) {
        co_await news.until_disconnected();
        throw std::runtime_error(name_ + " is too slow for the room \"" + room_ + "\"; dropped");
    }

    /// Announces in the room that the guest joins, and at its end that the guest leaves.
    class presence {
    public:
        presence(guest& joining, room& joined)
            : guest_(joining), room_(joined), name_(joining.room_) {
            say(room_, "* " + guest_.name_ + " joins " + name_);
        }
        presence(const presence&) = delete;
        presence& operator=(const presence&) = delete;
        ~presence() {
            say(room_, "* " + guest_.name_ + " leaves " + name_);
            guest_.chat().close_if_empty(name_);
        }

    private:
        guest& guest_;
        room& room_;
        std::string name_;
    };

    /// Sends a line to a room. It never waits: slow receivers fall behind instead.
    static void say(room& target, std::string text) {
        static_cast<void>(target.try_send(std::make_shared<const std::string>(std::move(text))));
    }

    /// Sends a line to the guest, one line at a time, since both tasks send lines.
    task<> tell(std::string text) {
        const auto writing_lock = co_await writing_.lock();
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

    std::string name_;  // empty before the guest has introduced itself
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
