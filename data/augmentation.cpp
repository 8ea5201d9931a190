#include <algorithm>
#include <array>
#include <vector>

#include <trous/core/error.h>
#include <trous/core/text.h>
#include <trous/data/augmentation.h>

namespace trous {
namespace {

struct Flag {
  std::string_view word;
  bool Augmentation::*member;
};

constexpr std::array flags{Flag{"flip", &Augmentation::flip_horizontal},
                           Flag{"flip-vertical", &Augmentation::flip_vertical}};

struct Number {
  std::string_view word;
  double Augmentation::*member;
  double low, high;
  double plain;  // the default
  std::string_view example;
};

constexpr std::array numbers{
    Number{"scale", &Augmentation::scale, 1, 100, 1, "1.25 zooms by 0.8 to 1.25."},
    Number{"rotate", &Augmentation::rotate, 0, 180, 0, "10 turns by -10 to 10 degrees."},
    Number{"shift", &Augmentation::shift, 0, 1, 0, "0.1 moves by up to a tenth of height and width."},
    Number{"brightness", &Augmentation::brightness, 0, 1, 0, "0.1 adds -0.1 to 0.1 to values of 0 to 1."},
    Number{"contrast", &Augmentation::contrast, 0, 1, 0, "0.2 scales by 0.8 to 1.2 about the mean."},
    Number{"noise", &Augmentation::noise, 0, 1, 0, "0.05 is a standard deviation beside values of 0 to 1."},
    Number{"foreground", &Augmentation::foreground, 0, 1, default_foreground,
           "0.5 lets every second crop hold foreground."}};

constexpr std::string_view none = "none", crop = "crop";
constexpr std::int64_t max_crop = 1 << 15;

std::optional<Window> parsed_window(std::string_view word) {
  const std::size_t cross = std::min(word.find('x'), word.size());
  const auto height = parsed_number<std::int64_t>(word.substr(0, cross));
  const auto width = parsed_number<std::int64_t>(word.substr(std::min(cross + 1, word.size())));
  if (!height || !width) return std::nullopt;
  return Window{.height = *height, .width = *width};
}

template <class T>
T readable(const std::optional<T>& value, std::string_view part, std::string_view example) {
  if (value) return *value;
  throw ArgumentError(
      text("augmentation: '", part, "' has no value that can be read. Write it as in ", example, '.'));
}

[[noreturn]] void unknown(std::string_view part) {
  std::string all(none);
  for (const Flag& flag : flags) all += text(", ", flag.word);
  for (const Number& number : numbers) all += text(", ", number.word, '=');
  throw ArgumentError(text("augmentation: '", part, "' is no transform. There are ", all, " and ", crop,
                           "=. Join them with commas, as in flip,scale=1.25,crop=48x64."));
}

// Sets the transform that `part` names and returns its word.
std::string_view set(Augmentation& augmentation, std::string_view part) {
  const std::size_t equals = std::min(part.find('='), part.size());
  const std::string_view word = part.substr(0, equals);
  const std::string_view value = part.substr(std::min(equals + 1, part.size()));
  for (const Flag& flag : flags) {
    if (part != flag.word) continue;
    augmentation.*flag.member = true;
    return word;
  }
  for (const Number& number : numbers) {
    if (word != number.word) continue;
    augmentation.*number.member = readable(parsed_number<double>(value), part, text(word, "=1.5"));
    return word;
  }
  if (word != crop) unknown(part);
  augmentation.crop = readable(parsed_window(value), part, "crop=48x64, height x width");
  return word;
}

}  // namespace

void check(const Augmentation& augmentation) {
  for (const Number& number : numbers) {
    const double value = augmentation.*number.member;
    if (value >= number.low && value <= number.high) continue;
    throw ArgumentError(text("augmentation: ", number.word, ' ', value, " is outside ", number.low, " to ",
                             number.high, ". ", number.example));
  }
  if (!augmentation.crop) {
    if (augmentation.foreground == default_foreground) return;
    throw ArgumentError(text("augmentation: foreground ", augmentation.foreground,
                             " does nothing without a crop. Give both, as in crop=256x256,foreground=0.5."));
  }
  const auto [height, width] = *augmentation.crop;
  if (std::min(height, width) < 1 || std::max(height, width) > max_crop) {
    throw ArgumentError(text("augmentation: crop ", height, 'x', width,
                             " is no window. It is height x width, 1 to ", max_crop, " each."));
  }
}

Augmentation parse_augmentation(std::string_view words) {
  Augmentation result;
  if (words == none) return result;
  std::vector<std::string_view> seen;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find(',', begin), words.size());
    const std::string_view word = set(result, words.substr(begin, end - begin));
    if (std::find(seen.begin(), seen.end(), word) != seen.end()) {
      throw ArgumentError(
          text("augmentation: '", word, "' stands twice in '", words, "'. Say each transform once."));
    }
    seen.push_back(word);
    begin = end + 1;
  }
  check(result);
  return result;
}

std::string to_text(const Augmentation& augmentation) {
  check(augmentation);
  std::string result;
  const auto add = [&](const std::string& part) { result += (result.empty() ? "" : ",") + part; };
  for (const Flag& flag : flags) {
    if (augmentation.*flag.member) add(std::string(flag.word));
  }
  for (const Number& number : numbers) {
    const double value = augmentation.*number.member;
    if (value != number.plain) add(text(number.word, '=', shortest_digits(value)));
  }
  if (augmentation.crop) add(text(crop, '=', augmentation.crop->height, 'x', augmentation.crop->width));
  return result.empty() ? std::string(none) : result;
}

}  // namespace trous
