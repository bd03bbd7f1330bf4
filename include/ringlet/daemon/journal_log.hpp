#pragma once

#include <ringlet/base/log.hpp>
#include <ringlet/net/address.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace ringlet::daemon {

/// What a journal_log sends, and to whom.
struct journal_log_options {
    /// The least level that is sent; records that matter less are left out.
    log_level least = log_level::info;

    /// The name under which the journal lists the records (SYSLOG_IDENTIFIER); empty for that of
    /// the program.
    std::string identifier = {};

    /// The socket of the journal.
    std::string socket = "/run/systemd/journal/socket";
};

/// A log that sends its records to systemd's journal with all fields, so that
/// `journalctl CLIENT=127.0.0.1:40112` finds them. MESSAGE is the record's message, PRIORITY its
/// level as in syslog(3): 7, 6, 4 or 3. A field `client` becomes CLIENT; a character that the
/// journal takes in no name becomes `_`. It needs no library of systemd's.
///
///     static ringlet::daemon::journal_log journal({.identifier = "web"});
///     ringlet::set_log(&journal);
///
/// It never waits: a record for which the journal has no room is lost and counted, and the next one
/// has a field LOST. A value beyond 16 KiB is cut.
///
/// Thread-safe, and it works in forked children. Lifetime: see set_log.
class journal_log final : public log_sink {
public:
    /// Throws std::system_error where no journal is at the socket.
    explicit journal_log(const journal_log_options& options);
    journal_log() : journal_log(journal_log_options()) {}
    journal_log(const journal_log&) = delete;
    journal_log& operator=(const journal_log&) = delete;
    ~journal_log();

    void write(const log_record& record) override;

    /// How many records have been lost by now.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    const log_level least_;
    const std::string identifier_;
    const address journal_;
    int fd_;
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<std::uint64_t> unreported_{0};
};

}  // namespace ringlet::daemon
