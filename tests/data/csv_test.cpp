// Tables of comma-separated values.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/csv.h>

#include "data/scratch.h"

namespace trous {
namespace {

using Cells = std::vector<std::string>;

TEST(Csv, HasRowsOfCellsWithTheirLines) {
  const std::vector<CsvRow> rows = parse_csv(
      "\xef\xbb\xbfimage,label\r\na.png, boot \n\n\"b, c.png\",\"say \"\"hi\"\"\nthere\"\rd.png,,x\n,",
      "t.csv");
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].cells, (Cells{"image", "label"}));
  EXPECT_EQ(rows[1].cells, (Cells{"a.png", " boot "}));
  EXPECT_EQ(rows[2].cells, (Cells{"b, c.png", "say \"hi\"\nthere"}));
  EXPECT_EQ(rows[3].cells, (Cells{"d.png", "", "x"}));
  EXPECT_EQ(rows[4].cells, (Cells{"", ""}));
  std::vector<std::int64_t> lines;
  for (const CsvRow& row : rows) lines.push_back(row.line);
  EXPECT_EQ(lines, (std::vector<std::int64_t>{1, 2, 4, 6, 7}));
  EXPECT_TRUE(parse_csv("", "t.csv").empty());
  EXPECT_TRUE(parse_csv("\n\r\n", "t.csv").empty());
  EXPECT_EQ(parse_csv("\"\"", "t.csv").at(0).cells, Cells{""});
}

TEST(Csv, CellsAreReadBackAsTheyWere) {
  const Cells cells{"", " a ", "b,c", "say \"hi\"", "two\nlines", "two\r\nlines", "\xc3\xa4"};
  EXPECT_EQ(csv_cell(cells[1]), " a ");
  EXPECT_EQ(csv_cell(cells[2]), "\"b,c\"");
  EXPECT_EQ(csv_cell(cells[3]), "\"say \"\"hi\"\"\"");
  std::string line = "first";
  for (const std::string& cell : cells) {
    line += ',';
    line += csv_cell(cell);
  }
  Cells read = parse_csv(line, "t.csv").at(0).cells;
  read.erase(read.begin());
  EXPECT_EQ(read, cells);
}

TEST(Csv, SaysInWhichLineItIsNoTable) {
  const auto fault = [](const std::string& table) {
    return message_of<FileError>([&] { parse_csv(table, "t.csv"); });
  };
  EXPECT_EQ(fault("a,b\nc,d\"e"),
            "read_csv: t.csv, line 2, has a quote inside a cell. Put the whole cell in quotes, and double "
            "those in it.");
  EXPECT_EQ(fault("a\n\"b\nc\n"),
            "read_csv: t.csv, line 2, has a quote that is not closed. Add the quote that ends the cell.");
  EXPECT_EQ(
      fault("\"a\nb\"c"),
      "read_csv: t.csv, line 2, has text behind a cell in quotes. Put a comma between them, or double the "
      "quotes.");
  EXPECT_EQ(fault("a\nb,caf\xe9\n"),
            "read_csv: t.csv, line 2, is not UTF-8. Save the table with this encoding.");
  EXPECT_EQ(
      message_of<FileError>([] { read_csv("/no/such.csv"); }),
      "read_file: /no/such.csv cannot be opened. The system says: No such file or directory. Give the path "
      "of a readable file.");
}

TEST(Csv, ACellIsReadAsItIsWritten) {
  EXPECT_EQ(csv_cell("boot 1.png"), "boot 1.png");
  EXPECT_EQ(csv_cell("a, b"), "\"a, b\"");
  for (const std::string cell : {"boot", "", "a,b", "say \"hi\"", "two\nlines", "two\r\nlines", " x "})
    EXPECT_EQ(parse_csv("first," + csv_cell(cell) + ",last\n", "t.csv").at(0).cells,
              (Cells{"first", cell, "last"}));
}

}  // namespace
}  // namespace trous
