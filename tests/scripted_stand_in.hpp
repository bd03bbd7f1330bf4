#pragma once

#include "base/detail/stand_in.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <netdb.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Stands in for the system in the thread that makes it, while it lives. Its rings have virtual
/// time, and while one of them waits, jobs are run and the loops turned that have been added. The
/// time is `time`, and host names are those of `hosts`. What it refuses throws std::domain_error.
class scripted_stand_in final : public ringlet::detail::stand_in {
public:
    scripted_stand_in() : before_(exchange(this)) {}
    ~scripted_stand_in() { exchange(before_); }

    std::chrono::steady_clock::time_point now() const noexcept override { return time; }
    std::unique_ptr<ringlet::ring> make_ring(const ringlet::ring_options& /*options*/) override {
        ++rings;
        return std::make_unique<turning_ring>(*this);
    }
    ringlet::network& net() noexcept override { return *network; }
    int submit(ringlet::thread_pool::job& submitted) noexcept override {
        jobs_.push_back(submitted);
        return 0;
    }
    bool withdraw(ringlet::thread_pool::job& submitted) noexcept override {
        if (!submitted.linked())
            return false;
        submitted.unlink();
        return true;
    }
    int look_up(const std::string& host, int family,
                std::vector<sockaddr_storage>& found) override {
        const auto known = hosts.find(host);
        if (known == hosts.end())
            return EAI_NONAME;
        for (const sockaddr_storage& each : known->second)
            if (each.ss_family == family)
                found.push_back(each);
        return found.empty() ? EAI_NODATA : 0;
    }
    void add(ringlet::detail::loop_core& begun) override { loops.push_back(&begun); }
    void remove(ringlet::detail::loop_core& ended) noexcept override { std::erase(loops, &ended); }
    [[noreturn]] void refuse(const char* what, const char* instead) override {
        throw std::domain_error(std::string(what) + ": " + instead);
    }

    /// Runs a job or turns the added loops, once. Whether there was anything to do.
    bool go_on() {
        if (!jobs_.empty()) {
            run(jobs_.pop_front());
            return true;
        }
        bool turned = false;
        for (ringlet::detail::loop_core* const each : std::vector(loops))
            if (each->has_work()) {
                each->turn_once();
                turned = true;
            }
        return turned;
    }

    std::chrono::steady_clock::time_point time{};
    ringlet::network* network = &ringlet::network::system();
    std::map<std::string, std::vector<sockaddr_storage>> hosts;
    std::vector<ringlet::detail::loop_core*> loops;
    unsigned rings = 0;

private:
    class turning_ring final : public virtual_time_ring {
    public:
        explicit turning_ring(scripted_stand_in& owner) : owner_(owner) {}

        void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override {
            virtual_time_ring::enter(submit, 0, deadline);
            if (completions_.ready() >= wait_for || owner_.go_on())
                return;
            virtual_time_ring::enter(0, wait_for, deadline);
        }
        [[nodiscard]] ringlet::network& net() const noexcept override { return owner_.net(); }

    private:
        scripted_stand_in& owner_;
    };

    ringlet::detail::intrusive_list<ringlet::thread_pool::job> jobs_;
    stand_in* before_;
};
