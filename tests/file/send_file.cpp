#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/file/send_file.hpp>
#include <ringlet/net/writer.hpp>

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests::file_send_file {

using ringlet::const_buffer;
using ringlet::file;
using ringlet::loop;
using ringlet::send_file;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// A writable stream that keeps what is sent, and how large the pieces were.
class recording_stream {
public:
    task<> send_all(const_buffer buffer) {
        text.append(static_cast<const char*>(buffer.data()), buffer.size());
        pieces.push_back(buffer.size());
        co_return;
    }

    std::string text;
    std::vector<std::size_t> pieces;
};

/// A recording stream that takes several buffers as one piece.
class gathering_stream : public recording_stream {
public:
    using recording_stream::send_all;
    task<> send_all(std::span<const const_buffer> buffers) {
        std::size_t size = 0;
        for (const const_buffer& buffer : buffers) {
            text.append(static_cast<const char*>(buffer.data()), buffer.size());
            size += buffer.size();
        }
        pieces.push_back(size);
        co_return;
    }
};

constexpr std::size_t eight_mebibytes = std::size_t{8} << 20U;

}  // namespace

TEST_CASE("a range of a file is sent, or as much of it as there is", "[file]") {
    temporary_directory folder;
    const auto path = folder.write("file", "0123456789");
    run_without_leak([&](loop&) -> task<> {
        const file source = co_await file::open(path);
        constexpr auto all = std::numeric_limits<std::uint64_t>::max();
        const auto check = [&](std::uint64_t offset, std::uint64_t count,
                               std::string expected) -> task<> {
            recording_stream to;
            const std::uint64_t sent = co_await send_file(to, source, offset, count);
            INFO(offset << " and " << count);
            CHECK(to.text == expected);
            CHECK(sent == expected.size());
        };
        co_await check(0, all, "0123456789");
        co_await check(0, 10, "0123456789");
        co_await check(3, 4, "3456");
        co_await check(7, all, "789");
        co_await check(7, 4, "789");
        co_await check(9, 1, "9");
        co_await check(4, 0, "");
        co_await check(10, 1, "");
        co_await check(std::uint64_t{1} << 40U, all, "");
    });
}

TEST_CASE("no more of a file is in memory than the buffer that was asked for", "[file]") {
    temporary_directory folder;
    const std::string bytes = byte_pattern(10'500);
    const auto path = folder.write("file", bytes);
    run_without_leak([&](loop&) -> task<> {
        const file source = co_await file::open(path);
        recording_stream to;
        const std::uint64_t sent = co_await send_file(to, source, 100, 10'000, 4'096);
        CHECK(sent == 10'000);
        CHECK((to.text == bytes.substr(100, 10'000)));
        CHECK(to.pieces == std::vector<std::size_t>{4'096, 4'096, 1'808});
        bool refused = false;
        try {
            co_await send_file(to, source, 0, 1, 0);
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    });
}

TEST_CASE("a head and the beginning of a file leave in one send", "[file]") {
    temporary_directory folder;
    const std::string bytes = byte_pattern(100'000);
    const auto path = folder.write("file", bytes);
    run_without_leak([&](loop&) -> task<> {
        const file source = co_await file::open(path);
        gathering_stream to;
        ringlet::writer out(to);
        co_await out.print("head ");
        const std::uint64_t small = co_await send_file(out, source, 100, 50);
        CHECK(small == 50);
        CHECK(to.pieces.empty());  // what is behind the file may come along
        co_await out.flush();
        CHECK(to.pieces == std::vector<std::size_t>{55});
        CHECK((to.text == "head " + bytes.substr(100, 50)));

        to = {};
        co_await out.print("head ");
        const std::uint64_t large = co_await send_file(out, source);
        CHECK(large == bytes.size());
        co_await out.flush();
        CHECK(to.pieces == std::vector<std::size_t>{5 + 65'536, 100'000 - 65'536});
        CHECK((to.text == "head " + bytes));
    });
}

TEST_CASE("a slow client gets a whole file, from beyond four gibibytes", "[file]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    constexpr std::uint64_t far = std::uint64_t{5} << 30U;
    temporary_directory folder;
    const auto path = folder.write_sparse("file", far);
    const std::string bytes = byte_pattern(eight_mebibytes);
    run_without_leak([&](loop& owner) -> task<> {
        file source = co_await file::open(path, O_RDWR);
        co_await source.write_all_at(bytes, far);
        stream_pair pair = make_streams(owner, kind);
        bound_buffers(pair);
        std::uint64_t sent = 0;
        const auto serve = [&]() -> task<> { sent = co_await send_file(pair.one, source, far); };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(serve());
            const std::string received = co_await receive(pair.other, bytes.size(), 5'000);
            CHECK((received == bytes));
        });
        CHECK(sent == bytes.size());
    });
}

TEST_CASE("one file is sent to many at once", "[file]") {
    temporary_directory folder;
    const std::string bytes = byte_pattern(300'000);
    const auto path = folder.write("file", bytes);
    run_without_leak([&](loop& owner) -> task<> {
        const file source = co_await file::open(path);
        const auto serve_one = [&](std::uint64_t offset) -> task<> {
            stream_pair pair = make_streams(owner);
            const auto serve = [&]() -> task<> { co_await send_file(pair.one, source, offset); };
            co_await task_group::run([&](task_group& group) -> task<> {
                group.spawn(serve());
                const std::string received =
                    co_await receive(pair.other, bytes.size() - offset, 9'000);
                CHECK((received == std::string_view(bytes).substr(offset)));
            });
        };
        joinable_task_group clients;
        for (std::uint64_t client = 0; client < 20; ++client)
            clients.spawn(serve_one(client * 10'000));
        co_await clients.join();
    });
}

TEST_CASE("of a file that shrinks meanwhile, what is left is sent", "[file]") {
    temporary_directory folder;
    const auto path = folder.write("file", byte_pattern(10'000));
    run_without_leak([&](loop&) -> task<> {
        const file source = co_await file::open(path);
        struct : recording_stream {
            std::filesystem::path shrinking;
            task<> send_all(const_buffer buffer) {
                std::filesystem::resize_file(shrinking, 5'000);
                co_await recording_stream::send_all(buffer);
            }
        } to;
        to.shrinking = path;
        const std::uint64_t sent = co_await send_file(to, source, 0, 10'000, 4'000);
        CHECK(sent == 5'000);
        CHECK(to.text.size() == 5'000);
    });
}

TEST_CASE("what fails in sending a file is thrown, and names what it was", "[file]") {
    temporary_directory folder;
    const auto path = folder.write("file", byte_pattern(1'000'000));
    run_without_leak([&](loop& owner) -> task<> {
        const auto failure = [](task<std::uint64_t> sending) -> task<std::string> {
            try {
                co_await std::move(sending);
            } catch (const std::system_error& error) {
                co_return error.what();
            }
            co_return "none";
        };
        stream_pair pair = make_streams(owner, stream_transport::unix_socket);
        const file folder_itself = co_await file::open(folder.path());
        std::string text = co_await failure(send_file(pair.one, folder_itself));
        CHECK(text == "read: Is a directory");
        const file source = co_await file::open(path);
        co_await pair.other.close();
        text = co_await failure(send_file(pair.one, source));
        CHECK(text == "send: Broken pipe");
    });
}

TEST_CASE("a cancelled transfer ends, and the file and the stream can be used after it", "[file]") {
    temporary_directory folder;
    const std::string bytes = byte_pattern(eight_mebibytes);
    const auto path = folder.write("file", bytes);
    run_without_leak([&](loop& owner) -> task<> {
        const file source = co_await file::open(path);
        stream_pair pair = make_streams(owner);
        bound_buffers(pair);
        ringlet::cancel_scope* scope = nullptr;
        std::error_code error;
        const auto serve = [&]() -> task<> { co_await send_file(pair.one, source); };
        const auto serve_cancelled = [&]() -> task<> {
            try {
                co_await cancellable(scope, serve());
            } catch (const std::system_error& thrown) {
                error = thrown.code();
            }
        };
        joinable_task_group group;
        group.spawn(serve_cancelled());
        std::string received = co_await receive(pair.other, 1'000'000);
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        co_await pair.one.send_all("the end");
        co_await pair.one.end_sending();
        received += co_await receive(pair.other, eight_mebibytes);
        CHECK(received.size() < eight_mebibytes);
        CHECK(received.ends_with("the end"));
        const std::string_view begin(received.data(), received.size() - 7);
        CHECK((begin == std::string_view(bytes).substr(0, begin.size())));
        recording_stream to;
        const std::uint64_t sent = co_await send_file(to, source, 0, 100);
        CHECK(sent == 100);
    });
}

}  // namespace tests::file_send_file
