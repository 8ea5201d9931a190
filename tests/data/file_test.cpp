#include <csignal>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/file.h>

#include "data/scratch.h"

namespace trous {
namespace {

TEST(File, ReadsWhatWasWritten) {
  const Scratch scratch;
  const Bytes bytes{0, 1, 2, 255, 0};
  write_file(scratch / "a", bytes);
  EXPECT_EQ(read_file(scratch / "a"), bytes);
  write_file(scratch / "empty", Bytes{});
  EXPECT_EQ(read_file(scratch / "empty"), Bytes{});
  EXPECT_EQ(scratch.files(), 2U);
}

TEST(File, WritesPiecesOneAfterTheOther) {
  const Scratch scratch;
  const Bytes one{1, 2}, two{}, three{3};
  const std::vector<std::span<const std::uint8_t>> pieces{one, two, three};
  write_file(scratch / "a", pieces);
  EXPECT_EQ(slurp(scratch / "a"), (Bytes{1, 2, 3}));
}

TEST(File, ReplacesAnEarlierFile) {
  const Scratch scratch;
  write_file(scratch / "a", Bytes(1000, 7));
  write_file(scratch / "a", Bytes{1});
  EXPECT_EQ(slurp(scratch / "a"), Bytes{1});
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(File, TakesTheLongestNameThereIs) {
  const Scratch scratch;
  const std::string name(255, 'n');
  write_file(scratch / name, Bytes{1});
  EXPECT_EQ(slurp(scratch / name), Bytes{1});
}

TEST(File, AWriteThatFailsHalfwayLeavesTheEarlierFileAndNoOther) {
  const Scratch scratch;
  write_file(scratch / "a", Bytes(100, 7));
  // A limit on file sizes fails as a full disk does: some bytes are written, then write says no.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{.rlim_cur = 4096, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = message_of<FileError>([&] { write_file(scratch / "a", Bytes(10000, 8)); });
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_EQ(message, "write_file: " + scratch / "a" +
                         " was not written. write says: File too large. Make room or choose another path; "
                         "a file that was there is unchanged.");
  EXPECT_EQ(slurp(scratch / "a"), Bytes(100, 7));
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(File, NoDirectoryNoFile) {
  const Scratch scratch;
  EXPECT_EQ(message_of<FileError>([&] { write_file(scratch / "none/a", Bytes{1}); }),
            "write_file: " + scratch / "none/a" +
                " was not written. open of its directory says: No such file or directory. Make room or "
                "choose another path; a file that was there is unchanged.");
  EXPECT_EQ(scratch.files(), 0U);
}

TEST(File, ADirectoryIsNotOverwritten) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "d");
  EXPECT_EQ(message_of<FileError>([&] { write_file(scratch / "d", Bytes{1}); }),
            "write_file: " + scratch / "d" +
                " is no regular file. It is a directory, a device or a pipe. Give the path of a file.");
  EXPECT_TRUE(std::filesystem::is_directory(scratch / "d"));
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(File, ADeviceIsNeitherReadNorReplaced) {
  EXPECT_THROW(write_file("/dev/null", Bytes{1}), FileError);
  EXPECT_THROW(read_file("/dev/zero"), FileError);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(File, SaysWhyItCannotBeRead) {
  const Scratch scratch;
  EXPECT_EQ(message_of<FileError>([&] { read_file(scratch / "a"); }),
            "read_file: " + scratch / "a" +
                " cannot be opened. The system says: No such file or directory. Give the path of a readable "
                "file.");
  EXPECT_EQ(message_of<FileError>([&] { read_file(scratch.path()); }),
            "read_file: " + scratch.path() +
                " is no regular file. It is a directory, a device or a pipe. Give the path of a file.");
  write_file(scratch / "a", Bytes(11));
  EXPECT_EQ(message_of<FileError>([&] { read_file(scratch / "a", 10); }),
            "read_file: " + scratch / "a" +
                " has 11 bytes, more than the limit of 10. Raise max_bytes if the file is meant to be that "
                "large.");
  EXPECT_EQ(read_file(scratch / "a", 11), Bytes(11));
}

TEST(OutputFile, PiecesAppearAtFinish) {
  const Scratch scratch;
  spill(scratch / "a", Bytes{9});
  OutputFile file(scratch / "a");
  file.write(Bytes{0, 0, 0});
  file.write(Bytes{});
  file.write(Bytes{4, 5});
  file.write_at(1, Bytes{2, 3});
  file.write_at(5, Bytes{});
  EXPECT_EQ(file.bytes(), 5);
  EXPECT_EQ(slurp(scratch / "a"), Bytes{9});
  EXPECT_EQ(scratch.files(), 2U);
  file.finish();
  EXPECT_EQ(slurp(scratch / "a"), (Bytes{0, 2, 3, 4, 5}));
  EXPECT_EQ(scratch.files(), 1U);
  EXPECT_EQ(message_of<Error>([&] { file.write(Bytes{1}); }),
            "write_file: " + scratch / "a" +
                " is closed. It was finished, or a write to it failed. Open another OutputFile.");
  EXPECT_THROW(file.finish(), Error);
  EXPECT_EQ(slurp(scratch / "a"), (Bytes{0, 2, 3, 4, 5}));
}

TEST(OutputFile, WithoutFinishNothingHasChanged) {
  const Scratch scratch;
  spill(scratch / "a", Bytes{9});
  {
    OutputFile file(scratch / "a"), other(scratch / "b");
    file.write(Bytes(100));
    EXPECT_EQ(scratch.files(), 3U);
  }
  EXPECT_EQ(slurp(scratch / "a"), Bytes{9});
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(OutputFile, OnlyBytesThatAreThereAreReplaced) {
  const Scratch scratch;
  OutputFile file(scratch / "a");
  file.write(Bytes{1, 2, 3});
  EXPECT_EQ(message_of<ArgumentError>([&] {
              file.write_at(2, Bytes{7, 7});
            }),
            "write_file: 2 bytes from byte 2 on are not in " + scratch / "a" +
                ", which has 3 so far. Append the last ones with write.");
  EXPECT_THROW(file.write_at(-1, Bytes{7}), ArgumentError);
  EXPECT_THROW(file.write_at(4, Bytes{}), ArgumentError);
  file.finish();
  EXPECT_EQ(slurp(scratch / "a"), (Bytes{1, 2, 3}));
}

TEST(OutputFile, AFullDiskRemovesTheTemporaryAtOnce) {
  const Scratch scratch;
  spill(scratch / "a", Bytes{9});
  OutputFile file(scratch / "a");
  file.write(Bytes(4000));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{.rlim_cur = 4096, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(file.write(Bytes(1000)), FileError);
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_EQ(scratch.files(), 1U);
  EXPECT_THROW(file.finish(), Error);
  EXPECT_EQ(slurp(scratch / "a"), Bytes{9});
}

TEST(InputFile, ReadsInsideAndRefusesBeyond) {
  const Scratch scratch;
  write_file(scratch / "a", Bytes{1, 2, 3, 4});
  const InputFile file(scratch / "a");
  EXPECT_EQ(file.bytes(), 4);
  Bytes two(2);
  file.read(2, two);
  EXPECT_EQ(two, (Bytes{3, 4}));
  EXPECT_EQ(message_of<FileError>([&] { file.read(3, two); }),
            "read_file: " + scratch / "a" +
                " ends at byte 4, but 2 bytes from byte 3 on were asked for. Fetch or write the file again.");
}

TEST(Gzip, OneAndTwoMembersGiveTheirBytes) {
  const Bytes plain = slurp(golden("cube.idx"));
  EXPECT_EQ(read_gzip_file(golden("cube.idx.gz")), plain);
  EXPECT_EQ(read_gzip_file(golden("two_members.idx.gz")), plain);
}

TEST(Gzip, TheLimitIsOnWhatComesOut) {
  EXPECT_EQ(read_gzip_file(golden("cube.idx.gz"), 40).size(), 40U);
  EXPECT_EQ(
      message_of<FileError>([&] { gunzip(slurp(golden("cube.idx.gz")), "bomb", 39); }),
      "gunzip: bomb decompresses to more than the limit of 39 bytes. 56 compressed bytes were given. Raise "
      "max_bytes if it is meant to be that large.");
  EXPECT_THROW(gunzip(slurp(golden("cube.idx.gz")), "bomb", 0), FileError);
}

TEST(Gzip, EveryTruncationIsAnError) {
  const Bytes whole = slurp(golden("cube.idx.gz"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto part = std::span(whole).first(length);
    EXPECT_THROW(gunzip(part, "part"), FileError) << length;
  }
  EXPECT_EQ(
      message_of<FileError>([&] { gunzip(std::span(whole).first(52), "part"); }),
      "gunzip: part is truncated. Its 52 bytes end inside a gzip member, after 40 decompressed bytes. Fetch "
      "the file again.");
}

TEST(Gzip, AWrongChecksumOrLengthIsAnError) {
  const Bytes whole = slurp(golden("cube.idx.gz"));
  for (std::size_t i = whole.size() - 8; i < whole.size(); ++i) {
    Bytes damaged = whole;
    damaged[i] ^= 1;
    EXPECT_THROW(gunzip(damaged, "damaged"), FileError) << i;
  }
  Bytes damaged = whole;
  damaged[whole.size() - 8] ^= 1;
  EXPECT_EQ(
      message_of<FileError>([&] { gunzip(damaged, "damaged"); }),
      "gunzip: damaged is damaged at byte 52 of 56. zlib says: incorrect data check. Fetch the file again.");
}

TEST(Gzip, ZerosBehindTheLastMemberArePadding) {
  const Bytes plain = slurp(golden("cube.idx"));
  for (const char* name : {"cube.idx.gz", "two_members.idx.gz"}) {
    for (const std::size_t zeros : {1U, 2U, 512U, 10000U}) {
      Bytes padded = slurp(golden(name));
      padded.resize(padded.size() + zeros);
      EXPECT_EQ(gunzip(padded, name), plain) << name << ' ' << zeros;
    }
  }
}

TEST(Gzip, WhatFollowsAMemberIsAMemberOrZeros) {
  const auto message = [](const Bytes& more) {
    Bytes longer = slurp(golden("cube.idx.gz"));
    longer.insert(longer.end(), more.begin(), more.end());
    return message_of<FileError>([&] { gunzip(longer, "longer"); });
  };
  EXPECT_EQ(message({0, 0, 7}),
            "gunzip: longer has 3 bytes behind its last gzip member, from byte 56 on. They start with 00 00 "
            "07, and "
            "are neither another member nor zeros. Fetch the file again.");
  EXPECT_EQ(
      message({'x'}),
      "gunzip: longer has 1 byte behind its last gzip member, from byte 56 on. They start with 78, and are "
      "neither another member nor zeros. Fetch the file again.");
  EXPECT_EQ(message({0x1f}),
            "gunzip: longer is truncated. Its 57 bytes end inside a gzip member, after 40 decompressed "
            "bytes. Fetch "
            "the file again.");
}

TEST(Gzip, NamesAForeignFile) {
  EXPECT_EQ(
      message_of<FileError>([&] { gunzip(slurp(golden("cube.idx")), "cube"); }),
      "gunzip: cube is no gzip file. It starts with 00 00 08 03 00 00 00 02 instead of 1f 8b. Read it with "
      "read_file.");
  EXPECT_EQ(
      message_of<FileError>([&] { gunzip(Bytes{}, "empty"); }),
      "gunzip: empty is no gzip file. It starts with nothing instead of 1f 8b. Read it with read_file.");
}

}  // namespace
}  // namespace trous
