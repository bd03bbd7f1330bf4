// Restarts without a gap, of real processes under load.

#include "catch.hpp"
#include "environment_variable.hpp"
#include "eventually.hpp"
#include "restarted_service.hpp"
#include "service_manager.hpp"

#include <ringlet/net/listener.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <stdexcept>

namespace tests::daemon_restart {

namespace {

bool contains(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

/// Sets a flag in the end, whatever has failed.
struct ends_at_last {
    std::atomic<bool>& flag;
    ~ends_at_last() { flag = true; }
};

/// Whether nobody serves at an address any more, so that a server can bind it.
bool is_free(transport over, const ringlet::address& local) {
    if (!local.path().empty())
        return !std::filesystem::exists(local.path());
    static_cast<void>(ringlet::bound_socket::open(ringlet::network::system(), local,
                                                  has_streams(over) ? SOCK_STREAM : SOCK_DGRAM));
    return true;
}

}  // namespace

TEST_CASE("a service of any kind is restarted under load without a failed request", "[daemon]") {
    const transport over = GENERATE(from_range(every_transport()));
    const std::string concurrency = GENERATE("loop", "threads", "forks");
    CAPTURE(static_cast<int>(over), concurrency);
    restarted_service service(over, concurrency);
    asking_clients clients(service, 2);
    const int restarts = over == transport::tcp ? 8 : 3;
    for (int i = 0; i < restarts; ++i) {
        const std::size_t before = clients.answers();
        CHECK(eventually([&] { return clients.answers() > before + 10; }));
        CHECK(service.restart() == 0);
    }
    clients.finish();
    CHECK(service.ask("and now?") == "and now?");
    CHECK(service.stop() == 0);
    CHECK(is_free(over, service.address()));
}

TEST_CASE("a connection outlasts a restart until it is drained", "[daemon]") {
    restarted_service service(transport::tcp);
    asking_client client = service.client();
    client.socket().send("first");
    CHECK(client.socket().receive(5) == "first");
    const pid_t before = service.replace();
    CHECK(client.ask("second") == "second");
    CHECK(service.status_of(before) == 0);
    CHECK(service.ask("of the new process") == "of the new process");
    CHECK(service.stop() == 0);
}

TEST_CASE("an attendant is restarted with the others, without a failed request", "[daemon]") {
    const temporary_directory directory;
    const std::string path = (directory.path() / "attendant").string();
    const environment_variable beside("ATTENDANT", path.c_str());
    restarted_service service(transport::tcp);
    const auto ask = [&] {
        return asking_client(transport::unix_stream, ringlet::address::unix_path(path)).ask("x");
    };
    std::atomic<bool> stop = false;
    std::future<std::size_t> asking = std::async(std::launch::async, [&] {
        std::size_t answers = 0;
        for (; !stop; ++answers)
            if (ask() != "x")
                throw std::runtime_error("a wrong answer");
        return answers;
    });
    const ends_at_last stop_guard{stop};
    for (int i = 0; i < 3; ++i)
        CHECK(service.restart() == 0);
    stop = true;
    CHECK(asking.get() > 0);
    CHECK(ask() == "x");
    CHECK(service.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a new program that does not come to serve changes nothing", "[daemon]") {
    const auto [part, reason] = GENERATE(table<const char*, const char*>({
        {"crash", "reason=\"it exited with status 3\""},
        {"throw", "reason=\"it exited with status 70\""},
        {"bind", "reason=\"it exited with status 69\""},
        {"hang", "reason=\"it did not say in time that it serves\""},
    }));
    const std::string concurrency = GENERATE("loop", "forks");
    CAPTURE(part, concurrency);
    const std::string timeout = std::string_view(part) == "hang" ? "100" : "60000";
    restarted_service service(transport::unix_stream, concurrency, {timeout});
    service.cast(part);
    asking_clients clients(service, 1);
    for (int i = 0; i < 2; ++i)
        CHECK(contains(service.restart_in_vain(), reason));
    clients.finish();
    CHECK(service.ask("still there?") == "still there?");
    CHECK(service.stop() == 0);
    service.log().read_rest();  // nobody has the log any more
    CHECK(is_free(transport::unix_stream, service.address()));
}

TEST_CASE("after a restart in vain another one succeeds", "[daemon]") {
    restarted_service service(transport::tcp);
    service.cast("crash");
    CHECK(contains(service.restart_in_vain(), "exited with status 3"));
    service.cast("serve");
    CHECK(service.restart() == 0);
    CHECK(service.ask("and now?") == "and now?");
    CHECK(service.stop() == 0);
}

TEST_CASE("one restart is under way at a time, and none outlasts the service", "[daemon]") {
    restarted_service service(transport::tcp);
    service.cast("hang");
    service.signal(SIGUSR2);
    service.log().read_until("the new program is started");
    CHECK(contains(service.restart_in_vain(), "reason=\"one is under way"));
    CHECK(service.stop() == 0);
    service.log().read_rest();  // the new program has ended, too
}

TEST_CASE("a restart takes the program that is at the path now", "[daemon]") {
    temporary_directory directory;
    const auto current = directory.path() / "current";
    std::filesystem::create_symlink(directory_named_by("RINGLET_DAEMON_PROGRAM"), current);
    restarted_service service(transport::tcp, "loop", {}, {current.string()});

    const auto upgraded = directory.write("upgraded", "#!/bin/sh\nexit 9\n");
    std::filesystem::permissions(upgraded, std::filesystem::perms::owner_all);
    std::filesystem::remove(current);
    CHECK(contains(service.restart_in_vain(),
                   "reason=\"it cannot be executed: No such file or directory\""));
    std::filesystem::create_symlink(upgraded, current);
    CHECK(contains(service.restart_in_vain(), "reason=\"it exited with status 9\""));

    std::filesystem::remove(current);
    std::filesystem::create_symlink(directory_named_by("RINGLET_DAEMON_PROGRAM"), current);
    CHECK(service.restart() == 0);
    CHECK(service.stop() == 0);
}

TEST_CASE("the service manager is told which process is the main one", "[daemon]") {
    service_manager manager;
    const std::string set_up = "export WATCHDOG_PID=$$ WATCHDOG_USEC=20000; exec \"$0\" \"$@\"";
    restarted_service service(transport::tcp, "loop", {},
                              {"sh", "-c", set_up, directory_named_by("RINGLET_DAEMON_PROGRAM")});
    manager.receive_until("READY=1");
    manager.receive_until("WATCHDOG=1");
    // A manager that reads all the time, or else watchdogs would fill its socket.
    const auto receive_until = [&](const char* line) {
        return std::async(std::launch::async,
                          [&manager, line] { return manager.receive_until(line).text; });
    };
    std::future<std::string> told_of_successor = receive_until("MAINPID=");
    const pid_t before = service.replace();
    CHECK(told_of_successor.get() == "MAINPID=" + std::to_string(service.pid()) + "\n");
    manager.receive_until("READY=1");
    CHECK(service.status_of(before) == 0);
    manager.drop_all();
    manager.receive_until("WATCHDOG=1");  // of the new process: the other has ended
    std::future<std::string> told_of_end = receive_until("STOPPING=1");
    CHECK(service.stop() == 0);
    CHECK(told_of_end.get() == "STOPPING=1\n");
}

TEST_CASE("a socket of systemd's stays after a restart, too", "[daemon]") {
    require_program("systemd-socket-activate", "systemd");
    const temporary_directory directory;
    const std::string path = (directory.path() / "activated").string();
    const foster_parent orphans;
    child_process program({"systemd-socket-activate", "--listen=" + path, "--fdname=web",
                           directory_named_by("RINGLET_DAEMON_PROGRAM"), "unix_stream", "loop",
                           "unix:" + path + ".other", path + ".part"});
    program.err().read_until("Listening on ");
    const auto ask = [&] {
        return asking_client(transport::unix_stream, ringlet::address::unix_path(path)).ask("x");
    };
    CHECK(ask() == "x");
    program.signal(SIGUSR2);
    program.err().read_until("restart: the new program serves level=info pid=");
    const pid_t next = std::stoi(program.err().read_until("\n"));
    CHECK(program.wait() == 0);
    CHECK(ask() == "x");
    ::kill(next, SIGTERM);
    CHECK(::waitpid(next, nullptr, 0) == next);
    CHECK(std::filesystem::is_socket(path));
}

}  // namespace tests::daemon_restart
