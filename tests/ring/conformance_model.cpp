#include "catch.hpp"
#include "checked_stream.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tests::ring_conformance_model {

namespace {

/// A connection, one end of which the ring drives, and the other a peer's calls.
struct connection {
    connected_pair ends;
    checked_stream in;   // to the ring's end
    checked_stream out;  // from there
    std::array<char, 3'000> receiving{};
    std::array<char, 100'000> sending{};
    bool receives = false;
    bool sends = false;
    bool peer_ended = false;
    bool closes = false;
    int in_flight = 0;  // operations of the ring

    [[nodiscard]] bool open() const noexcept { return ends.one.is_open() && !closes; }
};

/// Random operations on a few dozen sockets, and what must hold whatever comes of them: each ends
/// once; one that was not cancelled does not end as if it were; and every byte arrives, in order.
class random_traffic {
public:
    random_traffic(sockets& net, ringlet::ring& ring, unsigned seed)
        : net_(net), ring_(ring), random_(seed), connections_(24), listener_(net.tcp_listener(128)),
          address_(listener_.local_address()) {}

    void run(int operations) {
        accept();
        while (prepared_ < operations) {
            step();
            if (below(6) == 0)
                take_completions();
        }
    }

    /// Cancels all, and checks that nothing is left.
    void end() {
        ending_ = true;
        for (auto& [user_data, each] : in_flight_)
            each.cancel_asked = true;
        const auto limit = ring_.now() + time_limit;
        while (!in_flight_.empty()) {  // one may not be enough: see cancel_at_last
            require(ring_.now() < limit, "what was cancelled did not end");
            prepare({.what = kind::cancel}, [](io_uring_sqe* sqe) {
                io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
            });
            for (const std::uint64_t own = prepared_user_data_; in_flight_.contains(own);)
                complete(next_completion(ring_));
        }
        require(nothing_completes(ring_), "something completed that was not in flight");
        for (connection& each : connections_)
            if (each.open())
                settle(each);
    }

    [[nodiscard]] int connected() const noexcept { return connected_; }
    [[nodiscard]] int cancelled_with_result() const noexcept { return cancelled_with_result_; }

private:
    enum class kind { accept, connect, receive, send, poll, timeout, close, cancel };

    struct operation {
        kind what;
        connection* on = nullptr;
        unsigned events = 0;  // a poll's
        ringlet::socket client{};
        bool cancel_asked = false;
    };

    unsigned below(unsigned limit) {
        return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_);
    }

    template <class Prepare>
    void prepare(operation&& what, Prepare prepare_sqe) {
        if (what.on != nullptr)
            ++what.on->in_flight;
        prepare_as(ring_, ++prepared_user_data_, prepare_sqe);
        in_flight_.emplace(prepared_user_data_, std::move(what));
        ++prepared_;
    }

    void step() {
        connection& one = connections_[below(static_cast<unsigned>(connections_.size()))];
        if (one.closes)
            return;
        if (!one.open())
            return open(one);
        switch (below(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
            return receive(one);
        case 4:
        case 5:
        case 6:
            return send(one);
        case 7:
            return poll(one);
        case 8:
            return wait_a_moment();
        case 9:
        case 10:
            return cancel_something();
        case 11:
        case 12:
            return peer_sends(one);
        case 13:
        case 14:
            return static_cast<void>(take_some(one.ends.peer(), one.out, MSG_DONTWAIT));
        default:
            return end(one);
        }
    }

    void open(connection& one) {
        if (below(2) == 0)
            return establish(one, net_.unix_pair());
        if (!ready_.empty()) {
            establish(one, std::move(ready_.back()));
            return ready_.pop_back();
        }
        if (connecting_ > 8)
            return;
        ++connecting_;
        ringlet::socket client = net_.tcp_socket();
        const int fd = client.native_handle();
        prepare({.what = kind::connect, .client = std::move(client)}, [&](io_uring_sqe* sqe) {
            io_uring_prep_connect(sqe, fd, address_.data(), address_.size());
        });
    }

    void establish(connection& one, connected_pair ends) {
        one.ends = std::move(ends);
        one.in = checked_stream(++streams_);
        one.out = checked_stream(++streams_);
        one.peer_ended = false;
    }

    void accept() {
        const bool multishot = below(2) == 0;
        prepare({.what = kind::accept}, [&](io_uring_sqe* sqe) {
            const int fd = listener_.native_handle();
            if (multishot)
                io_uring_prep_multishot_accept(sqe, fd, nullptr, nullptr, SOCK_CLOEXEC);
            else
                io_uring_prep_accept(sqe, fd, nullptr, nullptr, SOCK_CLOEXEC);
        });
    }

    void receive(connection& one) {
        if (one.receives)
            return;
        one.receives = true;
        const unsigned size = 1 + below(static_cast<unsigned>(one.receiving.size()));
        const int flags = below(4) == 0 ? MSG_WAITALL : 0;
        prepare({.what = kind::receive, .on = &one}, [&](io_uring_sqe* sqe) {
            io_uring_prep_recv(sqe, one.ends.fd(), one.receiving.data(), size, flags);
        });
    }

    void send(connection& one) {
        if (one.sends)
            return;
        one.sends = true;
        const unsigned size = 1 + below(static_cast<unsigned>(one.sending.size()));
        one.out.fill(std::span(one.sending).first(size));
        const int flags = below(2) == 0 ? MSG_WAITALL : 0;
        prepare({.what = kind::send, .on = &one}, [&](io_uring_sqe* sqe) {
            io_uring_prep_send(sqe, one.ends.fd(), one.sending.data(), size, flags);
        });
    }

    void poll(connection& one) {
        static constexpr std::array<unsigned, 4> choices{POLLIN, POLLOUT, POLLIN | POLLOUT, 0};
        const unsigned events = choices[below(choices.size())];
        prepare({.what = kind::poll, .on = &one, .events = events},
                [&](io_uring_sqe* sqe) { io_uring_prep_poll_add(sqe, one.ends.fd(), events); });
    }

    void wait_a_moment() {
        if (!ring_.supports(IORING_OP_TIMEOUT))
            return;
        static std::array<__kernel_timespec, 3> moments{{{.tv_sec = 0, .tv_nsec = 0},
                                                         {.tv_sec = 0, .tv_nsec = 100'000},
                                                         {.tv_sec = 3600, .tv_nsec = 0}}};
        __kernel_timespec* const moment = &moments[below(moments.size())];
        prepare({.what = kind::timeout},
                [&](io_uring_sqe* sqe) { io_uring_prep_timeout(sqe, moment, 0, 0); });
    }

    void cancel_something() {
        const std::uint64_t wanted = prepared_user_data_ - below(200);
        const auto found = in_flight_.find(wanted);
        if (found != in_flight_.end())
            found->second.cancel_asked = true;
        prepare({.what = kind::cancel},
                [&](io_uring_sqe* sqe) { io_uring_prep_cancel64(sqe, wanted, 0); });
    }

    void peer_sends(connection& one) {
        if (one.peer_ended)
            return;
        std::array<char, 5'000> bytes{};
        const std::span<char> chosen = std::span(bytes).first(1 + below(bytes.size()));
        one.in.fill(chosen);
        const int count = net_.send(one.ends.peer(), {chosen.data(), chosen.size()}, MSG_DONTWAIT);
        if (count > 0)
            one.in.sent(static_cast<std::size_t>(count));
    }

    /// Ends what the peer sends, or closes what nothing is in flight on.
    void end(connection& one) {
        if (one.in_flight > 0) {
            if (below(4) == 0) {
                one.ends.other.shutdown(SHUT_WR);
                one.peer_ended = true;
            }
            return;
        }
        settle(one);
        one.ends.other = ringlet::socket();
        if (below(2) == 0) {
            one.ends.one = ringlet::socket();
            return;
        }
        one.closes = true;
        prepare({.what = kind::close, .on = &one},
                [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, one.ends.one.release()); });
    }

    /// Takes what is under way, with nothing in flight, and checks that all has arrived.
    void settle(connection& one) {
        take_rest(one.ends.fd(), one.in);
        take_rest(one.ends.peer(), one.out);
    }

    void take_rest(int fd, checked_stream& rest) {
        while (!rest.all_received())
            require(take_some(fd, rest, 0), "bytes were lost");
        require(!take_some(fd, rest, MSG_DONTWAIT), "there are more bytes than were sent");
    }

    bool take_some(int fd, checked_stream& from, int flags) {
        std::array<char, 50'000> bytes{};
        const int count = net_.recv(fd, bytes, flags);
        if (count > 0)
            from.received(std::span(bytes).first(static_cast<std::size_t>(count)));
        return count > 0;
    }

    void take_completions() {
        ring_.enter(ring_.submissions().prepared(), below(2), ring_.now());
        while (ring_.completions().ready() > 0)
            complete(ring_.completions().pop());
    }

    void complete(const ringlet::detail::completion& cqe) {
        const auto found = in_flight_.find(cqe.user_data);
        require(found != in_flight_.end(), "what was over completed again");
        if ((cqe.flags & IORING_CQE_F_MORE) != 0) {
            require(found->second.what == kind::accept, "only an accept has more to come");
            return accepted(cqe.result);
        }
        operation ended = std::move(found->second);
        in_flight_.erase(found);
        // The kernel's ring interrupts what one of its threads has begun with.
        const bool was_cancelled = cqe.result == -ECANCELED || cqe.result == -EINTR;
        require(!was_cancelled || ended.cancel_asked, "what nobody cancelled was");
        if (ended.cancel_asked && cqe.result > 0)
            ++cancelled_with_result_;
        if (ended.on != nullptr)
            --ended.on->in_flight;
        complete(ended, was_cancelled ? -ECANCELED : cqe.result);
    }

    void complete(operation& ended, int result) {
        const bool none = result == -ECANCELED;
        const auto count = static_cast<std::size_t>(std::max(result, 0));
        switch (ended.what) {
        case kind::accept:
            if (!none)
                accepted(result);
            return ending_ ? void() : accept();
        case kind::connect:
            --connecting_;
            require(none || result == 0, "a connect failed");
            return none ? void() : connected(std::move(ended.client));
        case kind::receive:
            ended.on->receives = false;
            ended.on->in.received(std::span(ended.on->receiving).first(count));
            return require(result > 0 || none ||
                               (result == 0 && ended.on->peer_ended && ended.on->in.all_received()),
                           "a receive failed, or ended too early");
        case kind::send:
            ended.on->sends = false;
            ended.on->out.sent(count);
            return require(result > 0 || none, "a send failed: " + std::to_string(result));
        case kind::poll:
            return require(none ||
                               (result > 0 && (count & ~(ended.events | POLLHUP | POLLRDHUP)) == 0),
                           "a poll told what it was not asked for");
        case kind::timeout:
            return require(none || result == -ETIME, "a timeout did not end with ETIME");
        case kind::close:
            ended.on->closes = false;
            return require(result == 0, "a close failed");
        case kind::cancel:
            return require(result >= 0 || result == -ENOENT || result == -EALREADY,
                           "a cancel failed");
        }
    }

    void accepted(int fd) {
        require(fd >= 0, "an accept failed");
        ringlet::socket connection = net_.own(fd, "accept");
        const int client = connection.peer_address().port();
        if (const auto found = clients_.find(client); found != clients_.end())
            match(std::move(connection), std::move(clients_.extract(found).mapped()));
        else
            accepted_.insert_or_assign(client, std::move(connection));
    }

    void connected(ringlet::socket client) {
        const int own = client.local_address().port();
        if (const auto found = accepted_.find(own); found != accepted_.end())
            match(std::move(accepted_.extract(found).mapped()), std::move(client));
        else
            clients_.insert_or_assign(own, std::move(client));
    }

    void match(ringlet::socket connection, ringlet::socket client) {
        ++connected_;
        if (below(2) == 0)
            std::swap(connection, client);
        ready_.push_back({std::move(connection), std::move(client)});
    }

    sockets& net_;
    ringlet::ring& ring_;
    std::mt19937 random_;
    std::vector<connection> connections_;
    ringlet::socket listener_;
    ringlet::address address_;
    std::unordered_map<std::uint64_t, operation> in_flight_;
    std::unordered_map<int, ringlet::socket> clients_;   // connected, not accepted yet; by port
    std::unordered_map<int, ringlet::socket> accepted_;  // the other way round
    std::vector<connected_pair> ready_;
    std::uint64_t prepared_user_data_ = 0;
    int prepared_ = 0;
    int connecting_ = 0;
    int connected_ = 0;
    int cancelled_with_result_ = 0;
    unsigned streams_ = 0;
    bool ending_ = false;
};

}  // namespace

TEST_CASE("20,000 operations, many of them cancelled, each end once, and no byte is lost",
          "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    const unsigned seed = GENERATE(1U, 20'260'726U, std::random_device()());
    CAPTURE(tested.name, seed);
    const auto [net, ring] = tested.make();
    random_traffic traffic(*net, *ring, seed);
    traffic.run(20'000);
    traffic.end();
    CHECK(traffic.connected() > 10);
    CHECK(traffic.cancelled_with_result() > 0);
}

}  // namespace tests::ring_conformance_model
