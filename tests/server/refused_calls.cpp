// System calls that old container profiles refuse: docs/compilers-and-kernels.md has the table.

#include "catch.hpp"
#include "child_process.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"
#include "seccomp_filter.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/file/directory.hpp>
#include <ringlet/server/child_process.hpp>

#include <array>
#include <csignal>
#include <string>
#include <system_error>

namespace tests::server_refused_calls {

using namespace std::chrono_literals;
using ringlet::file;
using ringlet::loop;
using ringlet::task;

namespace {

struct refused_call {
    const char* name;
    unsigned number;
    unsigned error;
};

std::vector<refused_call> every_refusal() {
    std::vector<refused_call> all;
    for (const unsigned error : {unsigned{EPERM}, unsigned{ENOSYS}})
        for (const auto& [name, number] : std::array<std::pair<const char*, unsigned>, 8>{
                 {{"preadv2", SYS_preadv2},
                  {"pwritev2", SYS_pwritev2},
                  {"statx", SYS_statx},
                  {"pidfd_send_signal", SYS_pidfd_send_signal},
                  {"pidfd_open", SYS_pidfd_open},
                  {"openat2", SYS_openat2},
                  {"close_range", SYS_close_range},
                  {"epoll_pwait2", SYS_epoll_pwait2}}})
            all.push_back({name, number, error});
    return all;
}

/// Throws, naming what is not as it should be.
void require(bool holds, const char* what) {
    if (!holds)
        throw std::runtime_error(what);
}

task<> use_files(loop& owner, const temporary_directory& folder, const refused_call& refused) {
    const file opened = co_await file::open(folder.path() / "file");
    std::array<char, 10> text{};
    require(opened.is_regular() && opened.size() == 4, "size");
    const std::size_t count = co_await opened.read_at(text, 0);
    require(count == 4, "read_at");

    std::error_code error;
    const ringlet::directory directory(folder.path());
    const file beneath = co_await directory.open("file", O_RDONLY, 0, error);
    const bool lost = refused.number == SYS_openat2 && owner.ring().name() == "epoll";
    require(lost ? error == std::errc::function_not_supported : !error, "directory::open");

    const auto pipe = pipe_end::make_pair();
    file reading(owner, ::dup(pipe.first.native_handle()));
    file writing(owner, ::dup(pipe.second.native_handle()));
    co_await writing.write_all_at(std::string_view("text"), 0);
    const std::size_t piped = co_await reading.read_at(text, 0);
    require(piped == 4, "reading a pipe");
}

task<> use_children(const refused_call& refused) {
    try {
        auto child = ringlet::child_process::fork([]() -> int {
            for (;;)
                ::pause();
        });
        child.kill(SIGUSR1);
        const ringlet::exit_status status = co_await child.wait();
        require(status.signal() == SIGUSR1, "child_process::kill");
        require(refused.number != SYS_pidfd_open, "child_process::fork");
    } catch (const std::system_error& error) {
        const bool told = std::string(error.what()).find("pidfd_open: child processes need") == 0;
        require(refused.number == SYS_pidfd_open && told, "child_process");
    }
}

}  // namespace

TEST_CASE("where an old profile refuses a call all goes on without it, or a sentence says so",
          "[server]") {
    const refused_call refused = GENERATE(from_range(every_refusal()));
    CAPTURE(refused.name, refused.error);
    temporary_directory folder;
    folder.write("file", "text");
    const child_end end = run_in_child([&] {
        if (!refuse_call(refused.number, refused.error))
            return 2;
        loop owner;
        run_coroutine(owner, [&] { return use_files(owner, folder, refused); });
        run_coroutine(owner, [&] { return use_children(refused); });
        run_coroutine(owner, []() -> task<> { co_await ringlet::sleep_for(1ms); });
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a forking server does not begin where it could make no child", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    const unsigned error = GENERATE(unsigned{EPERM}, unsigned{ENOSYS});
    if (!kind.forks())
        return;
    CAPTURE(kind, error);
    const child_end end = run_in_child([&] {
        const any_server<> server(kind, echo_back);
        if (!refuse_call(SYS_pidfd_open, error))
            return 2;
        server->serve_forever();
        return 0;
    });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("pidfd_open: child processes need this call"));
}

}  // namespace tests::server_refused_calls
