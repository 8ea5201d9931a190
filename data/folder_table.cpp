#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/utf8.h>
#include <trous/data/csv.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_faults.h>
#include <trous/data/folder_files.h>
#include <trous/data/folder_images.h>
#include <trous/data/folder_splits.h>
#include <trous/data/folder_table.h>
#include <trous/data/labelled_folder.h>

namespace trous {
namespace {

// What the tables of a folder say of its images, by the paths of these.
struct TableContent {
  std::vector<std::string> columns;  // behind the first; empty where no table has good ones
  bool is_classes = false;
  std::map<std::string, std::string> classes;
  std::map<std::string, std::vector<float>> numbers;
};

bool names_classes(std::string column) {
  for (char& letter : column) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return column == "label" || column == "class";
}

std::string joined_columns(const std::vector<std::string>& columns) {
  return escaped_bytes(listed({columns.begin(), columns.end()}, ", "));
}

// The number that a whole cell is: absent where it is none, not finite where float32 has none.
std::optional<float> number_in(const std::string& cell) {
  double number = 0;
  const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (end != cell.data() + cell.size() || code == std::errc::invalid_argument) return std::nullopt;
  return code == std::errc() ? static_cast<float>(number) : INFINITY;
}

// The cell without the spaces around it. They belong to it, by RFC 4180, so they are a fault and not taken
// away.
std::string trimmed(const std::string& cell) {
  const std::size_t begin = cell.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(" \t") + 1 - begin);
}

constexpr const char* with_spaces = ", with a space around it, which belongs to the cell. Remove it.";

// Reads the table of one part, and leaves it the images that have a good line.
class TableLines {
 public:
  TableLines(const FolderFiles& files, FolderPart& part, TableContent& content,
             std::vector<std::string>& faults)
      : path_(part.table),
        images_in_(part.directory + "/images"),
        directory_(files.directory),
        part_(part),
        content_(content),
        faults_(faults) {
    for (const FolderPair& pair : part.pairs) images_.insert(pair.image.substr(images_in_.size() + 1));
  }

  void read() {
    const std::optional<std::vector<CsvRow>> rows = read_rows();
    const bool good = rows && has_good_columns(rows->front().cells);
    for (std::size_t i = 1; good && i < rows->size(); ++i) take((*rows)[i]);
    std::erase_if(part_.pairs, [&](const FolderPair& pair) {
      const std::string name = pair.image.substr(images_in_.size() + 1);
      if (good && !lines_.contains(name))
        faults_.push_back(text(pair.image, " has no line in ", path_, ". Add one, or move the image away."));
      return !taken_.contains(name);
    });
  }

 private:
  void fault(const CsvRow& row, const std::string& sentence) {
    faults_.push_back(text(path_, ", line ", row.line, ", ", sentence));
  }

  static std::string shown(const std::string& cell) {
    return text('"', escaped_bytes(cell.substr(0, 80)), '"');
  }

  std::optional<std::vector<CsvRow>> read_rows() {
    std::error_code code;
    if (!std::filesystem::exists(path_, code)) {
      faults_.push_back(text(path_,
                             " does not exist. Write it: a first line such as image,label, then a line for "
                             "each image."));
      return std::nullopt;
    }
    try {
      std::vector<CsvRow> rows = read_csv(path_);
      if (!rows.empty()) return rows;
      faults_.push_back(
          text(path_, " has no line. Write a first line such as image,label, then a line for each image."));
    } catch (const FileError& error) {
      faults_.push_back(sentence_of(error));
    }
    return std::nullopt;
  }

  bool has_good_columns(const std::vector<std::string>& header) {
    const std::vector<std::string> columns(header.begin() + 1, header.end());
    const auto bad = [&](const std::string& sentence) {
      faults_.push_back(path_ + sentence);
      return false;
    };
    if (images_.contains(header[0]))
      return bad(text(" begins with a line for ", header[0],
                      ". Write a line before it that names the columns, such as image,label."));
    if (columns.empty())
      return bad(text(" has one column, ", shown(header[0]),
                      ". Write two or more with commas between them: the image, then label, or numbers."));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].empty())
        return bad(text(" has no name for column ", i + 2, ". Write one in the first line."));
      if (trimmed(columns[i]) != columns[i])
        return bad(text(" has the column ", shown(columns[i]), with_spaces));
      if (std::find(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(i) + 1, columns[i]) !=
          header.begin() + static_cast<std::ptrdiff_t>(i) + 1)
        return bad(
            text(" has two columns called ", escaped_bytes(columns[i]), ". Give each a name of its own."));
    }
    const auto classes = std::find_if(columns.begin(), columns.end(), names_classes);
    if (classes != columns.end() && columns.size() > 1)
      return bad(text(" has the column ", *classes, " beside others: ", joined_columns(columns),
                      ". Classes stand alone, so leave it out, or the others."));
    if (content_.columns.empty()) {
      content_.columns = columns;
      content_.is_classes = classes != columns.end();
    }
    if (content_.columns != columns)
      return bad(text(" has the columns ", joined_columns(columns), ", and another split of ", directory_,
                      " has ", joined_columns(content_.columns), ". Give all tables the same columns."));
    return true;
  }

  void take(const CsvRow& row) {
    const std::string& name = row.cells[0];
    const auto [known, fresh] = lines_.try_emplace(name, row.line);
    if (!fresh)
      return fault(row,
                   text("names ", shown(name), " again, after line ", known->second, ". Keep one of them."));
    if (!images_.contains(name)) return fault(row, no_image(name));
    if (row.cells.size() != content_.columns.size() + 1)
      return fault(row, text("has ", row.cells.size(), row.cells.size() == 1 ? " cell" : " cells",
                             ", the first line ", content_.columns.size() + 1,
                             ". Give each line as many; a cell with a comma stands in quotes."));
    const std::size_t before = faults_.size();
    const std::string path = images_in_ + "/" + name;
    if (content_.is_classes) {
      if (row.cells[1].empty())
        return fault(row, "has no class. Write its name, or move line and image away.");
      if (trimmed(row.cells[1]) != row.cells[1])
        return fault(row, text("has the class ", shown(row.cells[1]), with_spaces));
      content_.classes[path] = row.cells[1];
    } else {
      content_.numbers[path] = numbers_of(row);
    }
    if (faults_.size() == before) taken_.insert(name);
  }

  std::string no_image(const std::string& name) const {
    if (images_.contains(trimmed(name))) return text("names ", shown(name), with_spaces);
    const auto near = std::find_if(images_.begin(), images_.end(), [&](const std::string& image) {
      return image.substr(0, image.rfind('.')) == name;
    });
    if (near != images_.end())
      return text("names ", shown(name), ", and the image is called ", *near, ". Write the whole name.");
    return text("names ", shown(name), ", and ", images_in_,
                " has no such PNG or JPEG file. Add it, or remove the line.");
  }

  std::vector<float> numbers_of(const CsvRow& row) {
    std::vector<float> numbers;
    for (std::size_t c = 1; c < row.cells.size(); ++c) {
      const std::string& cell = row.cells[c];
      const std::optional<float> number = number_in(cell);
      if (!number || !std::isfinite(*number)) {
        fault(row,
              text("has ", shown(cell), " in the column ", escaped_bytes(content_.columns[c - 1]),
                   number ? ", which float32 cannot hold. Write a finite number such as 0.5."
                   : number_in(trimmed(cell)) ? with_spaces
                                              : ", which is no number. Write one such as 0.5, or call the "
                                                "column label if it holds classes."));
      }
      numbers.push_back(number.value_or(0.0F));
    }
    return numbers;
  }

  std::string path_, images_in_, directory_;
  FolderPart& part_;
  TableContent& content_;
  std::vector<std::string>& faults_;
  std::set<std::string> images_, taken_;       // names; those taken have a good line
  std::map<std::string, std::int64_t> lines_;  // of names, good or not
};

// Numbers that could be classes, where there is one column of few whole ones.
std::string note_on_few(const TableContent& content) {
  constexpr std::size_t few = 10;
  std::set<float> different;
  for (const auto& [path, numbers] : content.numbers) {
    if (numbers.size() > 1 || numbers[0] != std::floor(numbers[0])) return {};
    different.insert(numbers[0]);
    if (different.size() > few) return {};
  }
  return text(", of which there are ", different.size(),
              different.size() == 1 ? " whole one" : " different whole ones",
              ": if they are classes, call the column label");
}

Splits splits_with_numbers(const FolderFiles& files, FolderOptions options, FolderContent content,
                           const TableContent& table) {
  options.stratified = false;  // there are no classes to spread
  check_folder_images(files, options, content);
  auto images = std::make_shared<FolderImages>();
  images->take(std::move(content.items), options);
  const Shape shape{std::ssize(table.columns)};
  std::vector<Tensor> targets;
  for (const FolderItem& item : images->items)
    targets.emplace_back(shape, table.numbers.at(item.files.image));
  const ItemSplits splits = folder_splits(files, options, images->items, nullptr);
  const std::string names = joined_columns(table.columns);
  const std::string note = text("; the targets are the numbers ", names, " of labels.csv as they stand",
                                note_on_few(table), notes_on_images(*images, files, options));
  const TargetOfItem target = [targets](std::size_t i, const PixelBox*) { return targets[i]; };
  return folder_data_sets(files, options, *images, splits, [&](Dataset& data, const auto& indices) {
    data.source += note;
    data.target = {.name = names, .role = Role::numbers, .shape = shape};
    data.number_names = table.columns;
    give_samples(data, images, indices, target);
  });
}

}  // namespace

Splits folder_table(const FolderOptions& options) {
  check_folder_options(options);
  check_without_masks(options, "labels.csv");
  FolderFiles files = list_folder(options.directory, FolderLayout::table);
  TableContent table;
  for (FolderPart& part : files.parts) {
    TableLines lines(files, part, table, files.faults);
    lines.read();
  }
  if (options.split) files = named_by(*options.split, std::move(files));
  FolderContent content =
      read_folder_content(files, {options.memory, options.cache, options.resize}, 0, options.on_progress);
  if (!table.is_classes) return splits_with_numbers(files, options, std::move(content), table);
  return splits_with_classes(
      files, options, std::move(content), [&](const std::string& path) { return table.classes.at(path); },
      text("; the classes are those of the column ", table.columns[0], " of labels.csv"));
}

}  // namespace trous
