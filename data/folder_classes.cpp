#include <algorithm>
#include <iomanip>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>
#include <tuple>

#include <trous/core/error.h>
#include <trous/data/folder_classes.h>
#include <trous/data/palette.h>

namespace trous {
namespace {

constexpr auto unknown_number = static_cast<std::uint8_t>(unknown_label);
constexpr std::size_t middle = 128;  // between black and white

// The numbers of all masks together.
struct Numbers {
  std::array<std::int64_t, 256> pixels{};
  std::array<const FolderItem*, 256> first{};  // the first mask that has the number

  explicit Numbers(const std::vector<FolderItem>& items) {
    for (const FolderItem& item : items) {
      for (const auto& [number, count] : item.numbers) {
        pixels[number] += count;
        if (!first[number]) first[number] = &item;
      }
    }
  }

  std::int64_t all() const { return std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0}); }
  // Of 1 to 254.
  std::int64_t between() const {
    return std::accumulate(pixels.begin() + 1, pixels.end() - 1, std::int64_t{0});
  }
  // How many of 0 to 254 occur, and the largest of them, plus 1.
  std::int64_t different() const {
    return std::count_if(pixels.begin(), pixels.end() - 1, [](std::int64_t count) { return count > 0; });
  }
  std::size_t count() const {
    std::size_t largest = unknown_label;
    while (largest > 0 && pixels[largest - 1] == 0) --largest;
    return largest;
  }
};

std::string percent(std::int64_t part, std::int64_t whole) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(1)
         << 100 * static_cast<double>(part) / static_cast<double>(whole);
  return stream.str() + " %";
}

const char* pixels_of(std::int64_t count) { return count == 1 ? " pixel" : " pixels"; }

bool shows_color(const FolderItem& item) {
  return std::any_of(item.palette.begin(), item.palette.end(),
                     [](const Color& c) { return c.red != c.green || c.green != c.blue; });
}

bool in_two_shades(const FolderItem& item) {
  return std::all_of(item.numbers.begin(), item.numbers.end(),
                     [&](const auto& number) { return number.first == 0 || number.first == item.white; });
}

bool shows_white(const FolderItem& item) { return item.numbers.contains(item.white); }

// Otherwise masks of 0 and 255 would hold one class and unknown pixels, from which nothing can be learned.
bool is_black_and_white(const FolderContent& content) {
  const std::optional<ClassTable>& table = content.table;
  if (table && (table->entries.size() != 2 || table->classes().size() != 2 || table->has_numbers()))
    return false;
  const auto& items = content.items;
  return std::all_of(items.begin(), items.end(), in_two_shades) &&
         std::any_of(items.begin(), items.end(),
                     [](const FolderItem& item) { return item.numbers.contains(0); }) &&
         std::any_of(items.begin(), items.end(),
                     [](const FolderItem& item) { return item.white > 1 && shows_white(item); });
}

// A number of a file of few bits is ambiguous: it may be a class, or white, which is 255 in other files.
void find_mixed_bits(const FolderContent& content, const Numbers& numbers, std::vector<std::string>& faults) {
  const auto few = std::find_if(content.items.begin(), content.items.end(), [](const FolderItem& item) {
    return item.white != unknown_number && shows_white(item);
  });
  const FolderItem* const white = numbers.first[unknown_number];
  if (few == content.items.end() || !white) return;
  faults.push_back(text(few->files.mask, " shows its number ", int{few->white}, " as white, and ",
                        white->files.mask, " its number 255, beside other numbers. Whether ", int{few->white},
                        " is a class or white cannot be told; save all masks with 8 bits."));
}

// If 255 is nearly all of what is not 0, it was hardly meant as unknown, which is neither learned nor scored:
// a fault. If it is more than half, there is a note for Dataset::source.
std::string check_unknown(const FolderContent& content, const Numbers& numbers,
                          std::vector<std::string>& faults) {
  const std::int64_t unknown = numbers.pixels[unknown_number], others = numbers.between();
  const std::string fact = unknown > others ? text("255 is ", percent(unknown, unknown + others),
                                                   " of what is not 0 in the masks, ", unknown, " of ",
                                                   unknown + others, " pixels")
                                            : "";
  if (unknown <= 10 * others) return fact.empty() ? "" : "; NOTE " + fact + ", and means unknown";
  std::size_t other = 1;
  while (other < unknown_label && numbers.pixels[other] == 0) ++other;
  std::string beside;
  if (other < unknown_label) {
    beside = text("; the first other number is ", other, ", in ", numbers.pixels[other],
                  pixels_of(numbers.pixels[other]), ", first in ", numbers.first[other]->files.mask);
  }
  faults.push_back(text(
      fact, beside,
      content.table ? ". As 255 means unknown, nothing of it would be learned or scored"
                    : ". Beside other numbers 255 means unknown, so nothing of it would be learned or scored",
      ". Make black and white of the masks with a mask threshold of 128 (--mask-threshold 128), or say "
      R"(in classes.json what 255 is: [{"name": "background", "numbers": 0}, {"name": "boot", "numbers": )"
      R"(1}, {"numbers": 255, "ignore": true}].)"));
  return "";
}

// Numbers that, without a table, are no plausible classes counted from 0.
void find_no_classes(const Numbers& numbers, std::vector<std::string>& faults) {
  const auto count = static_cast<std::int64_t>(numbers.count()), different = numbers.different();
  const std::int64_t white = numbers.pixels[unknown_number];
  const bool sparse = 2 * different < count;
  if (white > 0 && (sparse || numbers.count() > middle)) {
    const std::int64_t all = numbers.all(), extremes = numbers.pixels[0] + white;
    faults.push_back(text(
        "the masks hold ", different + 1, " different numbers from 0 to 255, and ", percent(extremes, all),
        " of the pixels are 0 or 255. These look like greys between black and white, as resizing with "
        "interpolation, smooth edges and JPEG make them. Make black and white of them with a mask "
        "threshold of 128 (--mask-threshold 128), or name the classes in classes.json."));
  } else if (numbers.count() > middle && !sparse && !shows_color(*numbers.first[numbers.count() - 1])) {
    faults.push_back(
        text("the masks hold ", different, " different numbers from 0 to ", count - 1,
             ". These look like greys, as resizing with interpolation, smooth edges and JPEG make "
             "them. Make black and white of them with a mask threshold of 128 (--mask-threshold "
             "128), or name the classes in classes.json."));
  } else if (sparse) {
    faults.push_back(text(
        "the masks hold ", different, " different numbers from 0 to ", count - 1, ", so most of the ", count,
        " classes would be empty. Number the classes 0, 1, 2, ..., or say in classes.json what the "
        R"(numbers are: [{"name": "background", "numbers": 0}, {"name": "boot", "numbers": )",
        count - 1, "}]. Greys become black and white with a mask threshold (--mask-threshold 128)."));
  }
}

std::string color_of(const FolderItem& item, std::uint8_t number) {
  return number < item.palette.size() ? hexadecimal(item.palette[number]) : std::string("no colour");
}

// Palettes under which one number looks like two classes, or two numbers like one: those of a picture
// that a program has made smaller without loss.
void find_palettes_that_differ(const FolderContent& content, std::vector<std::string>& faults) {
  std::map<std::uint8_t, const FolderItem*> first_with_number;
  std::map<std::string, std::pair<std::uint8_t, const FolderItem*>> first_with_color;
  const std::string remedy =
      R"( List the colours in classes.json, and masks are read by colour: [{"name": "background", "color": )"
      R"("#000000"}, ...].)";
  for (const FolderItem& item : content.items) {
    if (item.palette.empty()) continue;
    for (const auto& [number, count] : item.numbers) {
      const std::string color = color_of(item, number);
      const FolderItem& other = *first_with_number.try_emplace(number, &item).first->second;
      if (color_of(other, number) != color) {
        faults.push_back(text("number ", int{number}, " is ", color_of(other, number), " in the palette of ",
                              other.files.mask, " and ", color, " in that of ", item.files.mask,
                              ", so it may mean two classes.", remedy));
        return;
      }
      const auto& [known, owner] = first_with_color.try_emplace(color, number, &item).first->second;
      if (known != number && owner->palette != item.palette) {
        faults.push_back(text("the colour ", color, " is number ", int{known}, " in the palette of ",
                              owner->files.mask, " and ", int{number}, " in that of ", item.files.mask,
                              ", so two numbers may mean one class.", remedy));
        return;
      }
    }
  }
}

// Grey files beside a table of colours, of which some show its colours and others cannot.
void find_greys_that_differ(const FolderContent& content, std::vector<std::string>& faults) {
  const auto first = [&](GreysAre reading) {
    return std::find_if(content.items.begin(), content.items.end(),
                        [&](const FolderItem& item) { return item.greys == reading; });
  };
  const auto colors = first(GreysAre::colors), numbers = first(GreysAre::numbers);
  if (colors == content.items.end() || numbers == content.items.end()) return;
  faults.push_back(
      text("all greys of ", colors->files.mask, " are colours in classes.json, and not all of ",
           numbers->files.mask,
           R"( are, so they may be numbers. Give "numbers" to the entries, or save the masks in )"
           "colour."));
}

// Numbers in so few pixels that they may be slips of the pen.
std::string rare_numbers(const Numbers& numbers) {
  constexpr std::int64_t few = 16;
  std::string result;
  for (std::size_t number = 1; number < unknown_label; ++number) {
    const std::int64_t pixels = numbers.pixels[number];
    if (pixels == 0 || pixels >= few) continue;
    result += text("; number ", number, " is in ", pixels, pixels_of(pixels), " of all masks only, first in ",
                   numbers.first[number]->files.mask);
  }
  return result;
}

FolderClasses of_table(const ClassTable& table, const std::string& note) {
  FolderClasses result{.names = table.classes(), .labels = {}, .note = note};
  const std::vector<std::int32_t> labels = table.labels();
  std::copy(labels.begin(), labels.end(), result.labels.begin());
  if (table.shades) {
    result.note += text("; masks are ", table.entries[1].name, " from ", int{table.entries[1].numbers->first},
                        " of 255 on");
  }
  return result;
}

}  // namespace

FolderClasses folder_classes(const FolderContent& content, std::vector<std::string>& faults) {
  const Numbers numbers(content.items);
  const std::optional<ClassTable>& table = content.table;
  FolderClasses result;
  result.labels.fill(-1);
  if (!table || !table->has_colors()) find_palettes_that_differ(content, faults);
  find_greys_that_differ(content, faults);
  if (is_black_and_white(content)) {
    result.names = table ? table->classes() : std::vector<std::string>{"background", "foreground"};
    result.black_and_white = true;
    result.note = text("; masks hold only 0 and 255, so 255 is class 1, ", result.names[1]);
    return result;
  }
  find_mixed_bits(content, numbers, faults);
  const std::size_t before = faults.size();
  if (!table) find_no_classes(numbers, faults);
  const std::string note = faults.size() == before ? check_unknown(content, numbers, faults) : "";
  if (table) return of_table(*table, note);
  for (std::size_t number = 0; number < numbers.count(); ++number) {
    result.names.push_back(text("class ", number));
    result.labels[number] = static_cast<std::int32_t>(number);
  }
  result.labels[unknown_number] = unknown_label;
  result.note = "; without classes.json, classes are the numbers in the masks" + rare_numbers(numbers) + note;
  return result;
}

}  // namespace trous
