#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringlet::testing::detail {

/// What can happen in a simulation, as the trace tells of it: to which descriptor, host or port,
/// and what the number beside it counts.
enum class happening : unsigned {
    opened,      // a descriptor; the type of the socket
    closed,      // a port; bytes that were not received
    connecting,  // from a port; to a port
    connected,
    refused,   // a port; errno
    accepted,  // a descriptor; the client's port
    sent,      // from a port; bytes
    arrived,   // at a port; bytes
    received,  // at a port; bytes
    reset,     // a port
    lost,      // to a port; bytes
    cut,       // the way to a host; nanoseconds
    failed,
    noted,
};

/// What has happened under a seed, in its order. A digest of it is always there, to compare two
/// runs; the text only where it is recorded.
class trace {
public:
    /// How many lines are recorded at most; the first ones stay.
    static constexpr std::size_t lines_max = 200'000;

    explicit trace(bool records) noexcept : records_(records) {}

    /// Notes that something happened at a host, to a descriptor or a port, with a count of bytes or
    /// another number.
    void note(std::chrono::nanoseconds when, unsigned host, happening what, std::uint64_t where,
              std::uint64_t number) {
        mix(static_cast<std::uint64_t>(when.count()));
        mix(std::uint64_t{host} << 32U | static_cast<std::uint64_t>(what));
        mix(where);
        mix(number);
        ++noted_;
        if (records_ && entries_.size() < lines_max)
            entries_.push_back({when, host, what, where, number, {}});
    }

    /// Notes a sentence.
    void note(std::chrono::nanoseconds when, unsigned host, std::string sentence);

    /// Adds to the digest what no line tells: a loop was turned, or what a run came to in the end.
    void note_unseen(std::uint64_t number) noexcept { mix(number); }

    /// Records a sentence that need not be the same in each run of a seed, such as one that names a
    /// process.
    void remark(std::chrono::nanoseconds when, unsigned host, std::string sentence) {
        if (records_ && entries_.size() < lines_max)
            entries_.push_back({when, host, happening::noted, 0, 0, std::move(sentence)});
    }

    [[nodiscard]] bool records() const noexcept { return records_; }

    /// A number that is the same for two runs that were the same.
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }
    [[nodiscard]] std::uint64_t noted() const noexcept { return noted_; }

    /// The recorded lines from `first` on, with the hosts' names.
    [[nodiscard]] std::vector<std::string> lines(const std::vector<std::string>& hosts,
                                                 std::size_t first = 0) const;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct entry {
        std::chrono::nanoseconds when;
        unsigned host;
        happening what;
        std::uint64_t where;
        std::uint64_t number;
        std::string sentence;
    };

    void mix(std::uint64_t number) noexcept {
        digest_ = (digest_ ^ number) * 0x9e37'79b9'7f4a'7c15;
        digest_ ^= digest_ >> 29U;
    }

    bool records_;
    std::uint64_t digest_ = 0;
    std::uint64_t noted_ = 0;
    std::vector<entry> entries_;
};

/// A time since the beginning of a simulation, as text in seconds.
[[nodiscard]] std::string seconds_text(std::chrono::nanoseconds time);

}  // namespace ringlet::testing::detail
