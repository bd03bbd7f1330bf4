#include "catch.hpp"
#include "forked_child.hpp"
#include "pseudo_terminal.hpp"
#include "run_coroutine.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/copy.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/standard_streams.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tests::net_standard_streams {

using ringlet::descriptor_stream;
using ringlet::standard_error;
using ringlet::standard_input;
using ringlet::standard_output;
using ringlet::standard_streams;
using ringlet::task;

namespace {

void require(bool so, const char* what) {
    if (!so)
        throw std::runtime_error(what);
}

/// Runs `body()`, a coroutine, in a child with the descriptors `input` and `output` as its stdin
/// and stdout; they must be open and as they were when it has ended.
template <class Body>
child_end run_with(int input, int output, Body body) {
    return run_in_child([=] {
        ::dup2(input, STDIN_FILENO);
        ::dup2(output, STDOUT_FILENO);
        const std::array before{::fcntl(STDIN_FILENO, F_GETFL), ::fcntl(STDOUT_FILENO, F_GETFL)};
        run_coroutine(body);
        const std::array after{::fcntl(STDIN_FILENO, F_GETFL), ::fcntl(STDOUT_FILENO, F_GETFL)};
        require(before == after, "a standard stream was closed or changed");
        return 0;
    });
}

std::string read_rest(const pipe_end& from) {
    return child_output(pipe_end(::dup(from.native_handle()))).read_rest();
}

task<> copy_to_the_end() {
    descriptor_stream input = standard_input();
    descriptor_stream output = standard_output();
    co_await ringlet::copy(input, output);
    co_await output.end_sending();
    co_await input.close();
}

}  // namespace

TEST_CASE("the standard streams are pipes, and stay open for the process", "[net]") {
    auto [input, typing] = pipe_end::make_pair();
    auto [showing, output] = pipe_end::make_pair();
    CHECK(::write(typing.native_handle(), "hello\n", 6) == 6);
    typing.close();
    const child_end child =
        run_with(input.native_handle(), output.native_handle(), copy_to_the_end);
    INFO(child.text);
    CHECK(child.exited_with(0));
    output.close();
    CHECK(read_rest(showing) == "hello\n");
}

TEST_CASE("the standard streams may be files, which are read and written where they stand",
          "[net]") {
    temporary_directory folder;
    const auto from = folder.write("from", "0123456789");
    const auto to = folder.write("to", "before ");
    const pipe_end input(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    const pipe_end output(::open(to.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    CHECK(::lseek(input.native_handle(), 5, SEEK_SET) == 5);
    const child_end child =
        run_with(input.native_handle(), output.native_handle(), copy_to_the_end);
    INFO(child.text);
    CHECK(child.exited_with(0));
    std::ifstream written(to);
    CHECK(std::string(std::istreambuf_iterator<char>(written), {}) == "before 56789");
    CHECK(::lseek(input.native_handle(), 0, SEEK_CUR) == 10);  // who comes next reads on
}

TEST_CASE("the standard input may be nothing", "[net]") {
    const pipe_end input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto [showing, output] = pipe_end::make_pair();
    const child_end child =
        run_with(input.native_handle(), output.native_handle(), copy_to_the_end);
    INFO(child.text);
    CHECK(child.exited_with(0));
}

TEST_CASE("the standard streams are a terminal, whose flags stay as they are", "[net]") {
    const pseudo_terminal terminal;
    const pipe_end both(terminal.open());
    CHECK(::write(terminal.master(), "who is there?\n", 14) == 14);
    const child_end child = run_with(both.native_handle(), both.native_handle(), []() -> task<> {
        descriptor_stream user = standard_streams();
        ringlet::reader typed(user);
        const auto line = co_await typed.read_line();
        require(line == "who is there?", "the line is another");
        co_await user.send_all("nobody\n");
    });
    INFO(child.text);
    CHECK(child.exited_with(0));
    child_output shown{pipe_end(::dup(terminal.master()))};
    CHECK(shown.read_until("nobody\r\n") == "who is there?\r\nnobody\r\n");
}

TEST_CASE("what is sent to stderr comes there", "[net]") {
    const child_end child = run_in_child([] {
        run_coroutine([]() -> task<> {
            descriptor_stream complaints = standard_error();
            co_await complaints.send_all("it hurts\n");
        });
        return 0;
    });
    CHECK(child.exited_with(0));
    CHECK(child.text == "it hurts\n");
}

TEST_CASE("a standard stream that is closed is none", "[net]") {
    const child_end child = run_in_child([] {
        run_coroutine([]() -> task<> {
            ::close(STDIN_FILENO);
            descriptor_stream input = standard_input();
            co_await input.close();
        });
        return 0;
    });
    CHECK(child.exited_with(child_end::threw));
    CHECK(child.says("standard_input: Bad file descriptor"));
}

}  // namespace tests::net_standard_streams
