#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/mask.h>
#include <trous/data/png.h>

namespace trous {
namespace {

// Pixels without a meaning: the first of them, and their number.
class Strangers {
 public:
  void add(std::size_t pixel) {
    if (count_++ == 0) first_ = pixel;
  }
  bool none() const { return count_ == 0; }
  std::string told(std::size_t width) const {
    return text(" at row ", first_ / width, ", column ", first_ % width,
                ", which classes.json does not list, ",
                count_ == 1 ? "in this pixel only" : text("the first of ", count_, " such pixels"), ".");
  }

 private:
  std::size_t first_ = 0, count_ = 0;
};

Color color_at(const std::uint8_t* pixels, std::int64_t at, std::int64_t channels) {
  const std::uint8_t* pixel = pixels + at * channels;
  return {pixel[0], pixel[1], pixel[2]};
}

// The first of several channels, grey with alpha or three equal ones.
template <class T>
Tensor first_channel(const Tensor& pixels) {
  const std::int64_t channels = pixels.shape()[2];
  Tensor result = Tensor::uninitialized({pixels.shape()[0], pixels.shape()[1]}, pixels.dtype());
  const T* from = pixels.values<T>().data();
  for (T& number : result.mutable_values<T>()) {
    number = *from;
    from += channels;
  }
  return result;
}

bool is_grey(const Tensor& pixels) {
  const std::uint8_t* data = pixels.values<std::uint8_t>().data();
  const std::int64_t channels = pixels.shape()[2];
  for (std::int64_t at = 0; at < pixels.elements() / channels; ++at) {
    const Color color = color_at(data, at, channels);
    if (color.red != color.green || color.green != color.blue) return false;
  }
  return true;
}

[[noreturn]] void no_colors(const std::string& path, const Tensor& pixels, const ClassTable* table) {
  const std::uint8_t* data = pixels.values<std::uint8_t>().data();
  const std::int64_t channels = pixels.shape()[2];
  std::set<std::string> colors;
  for (std::int64_t at = 0; at < pixels.elements() / channels && colors.size() < 5; ++at) {
    colors.insert(hexadecimal(color_at(data, at, channels)));
  }
  std::string list;
  std::size_t listed = 0;
  for (const std::string& color : colors) {
    if (++listed == 5) break;
    list += (list.empty() ? "" : ", ") + color;
  }
  throw FileError(text("read_mask: ", path, " is an RGB mask, and ",
                       !table          ? "there is no classes.json"
                       : table->shades ? "a mask threshold is for greys"
                                       : "classes.json gives no colours",
                       ". It has ", list, colors.size() > 4 ? " and more" : "",
                       table && table->shades ? ". Leave the threshold out and write classes.json: "
                                              : ". Write classes.json: ",
                       R"([{"name": "background", "color": "#000000"}, ...].)"));
}

// The places of the colours of `pixels` in the table.
Tensor from_colors(const std::string& path, const Tensor& pixels, const ClassTable& table) {
  std::map<std::array<std::uint8_t, 3>, std::uint8_t> places;
  for (std::size_t i = 0; i < table.entries.size(); ++i) {
    const Color& color = *table.entries[i].color;
    places[{color.red, color.green, color.blue}] = static_cast<std::uint8_t>(i);
  }
  const std::uint8_t* data = pixels.values<std::uint8_t>().data();
  const std::int64_t width = pixels.shape()[1], channels = pixels.shape()[2];
  Tensor result = Tensor::uninitialized({pixels.shape()[0], width}, DType::uint8);
  const std::span<std::uint8_t> numbers = result.mutable_values<std::uint8_t>();
  Strangers strangers;
  std::optional<Color> last, stranger;  // neighbours mostly have one colour
  std::uint8_t number = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (const Color color = color_at(data, static_cast<std::int64_t>(i), channels); color != last) {
      const auto found = places.find({color.red, color.green, color.blue});
      if (found == places.end()) {
        if (!stranger) stranger = color;
        strangers.add(i);
        continue;
      }
      number = found->second;
      last = color;
    }
    numbers[i] = number;
  }
  if (strangers.none()) return result;
  throw FileError(text("read_mask: ", path, " has the colour ", hexadecimal(*stranger),
                       strangers.told(static_cast<std::size_t>(width)),
                       " List it there, or draw the mask without smooth edges."));
}

std::string numbers_listed(const ClassTable& table) {
  if (!table.has_numbers()) return text("0 to ", table.entries.size() - 1);
  std::string list;
  for (const ClassEntry& entry : table.entries) {
    const auto [first, last] = *entry.numbers;
    list += text(list.empty() ? "" : ", ", int{first}, first == last ? "" : text(" to ", int{last}));
  }
  return list;
}

// The places of the numbers in the table; without one the numbers themselves.
Tensor placed(const std::string& path, Tensor numbers, const ClassTable* table) {
  if (!table) return numbers;
  const std::vector<std::int32_t> places = table->places();
  Strangers strangers;
  std::optional<int> stranger;
  Tensor result = Tensor::uninitialized(numbers.shape(), DType::uint8);
  const std::span<const std::uint8_t> values = numbers.values<std::uint8_t>();
  const std::span<std::uint8_t> out = result.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (places[values[i]] >= 0) {
      out[i] = static_cast<std::uint8_t>(places[values[i]]);
      continue;
    }
    if (!stranger) stranger = values[i];
    strangers.add(i);
  }
  if (strangers.none()) return result;
  throw FileError(text("read_mask: ", path, " has label ", *stranger,
                       strangers.told(static_cast<std::size_t>(numbers.shape()[1])), " It lists ",
                       numbers_listed(*table),
                       ". Add the class, or mend the mask; greys between black and white become two classes "
                       "with a mask threshold."));
}

// What a grey file stores in 16 bits: numbers up to 255 as they are and 65535, white, as 255; as shades all
// of them scaled to 0..255.
Tensor of_sixteen_bits(const std::string& path, const Tensor& stored, bool shades) {
  Tensor result = Tensor::uninitialized(stored.shape(), DType::uint8);
  const std::span<const std::int32_t> values = stored.values<std::int32_t>();
  const std::span<std::uint8_t> out = result.mutable_values<std::uint8_t>();
  const auto width = static_cast<std::size_t>(stored.shape()[1]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t number = values[i];
    if (!shades && number > 255 && number != 65535) {
      throw FileError(text("read_mask: ", path, " has 16 bits and number ", number, " at row ", i / width,
                           ", column ", i % width,
                           ". Labels are 0 to 254, and 255 or 65535 for white or unknown. Number the classes "
                           "0, 1, 2, ..., or give a mask threshold if these are greys."));
    }
    out[i] = static_cast<std::uint8_t>(shades ? (number + 128) / 257 : std::min(number, 255));
  }
  return result;
}

bool is_grey(const Color& color) { return color.red == color.green && color.green == color.blue; }

// The numbers of a file whose palette has nothing but greys.
Mask of_grey_palette(const std::string& path, IndexedPng stored, bool shades) {
  std::array<bool, 256> used{};
  for (const std::uint8_t number : stored.numbers.values<std::uint8_t>()) used[number] = true;
  bool same = true, extremes = true;
  std::size_t odd = 0;
  for (std::size_t number = 0; number < 256; ++number) {
    if (!used[number]) continue;
    const std::uint8_t shade = number < stored.palette.size() ? stored.palette[number].red : std::uint8_t{0};
    extremes = extremes && (shade == 0 || shade == 255);
    if (same && shade != number) {
      same = false;
      odd = number;
    }
  }
  if (same && !shades) {
    if (extremes) return {.numbers = std::move(stored.numbers)};  // black and white, as in a grey file
    return {.numbers = std::move(stored.numbers), .palette = std::move(stored.palette)};
  }
  if (!extremes && !shades) {
    throw FileError(text("read_mask: ", path, " has a palette of greys in which number ", odd, " looks like ",
                         int{stored.palette[odd].red},
                         ", so the numbers may mean classes or greys. Save it as a grey picture, with the "
                         "class of each pixel as its grey, or list the colours in classes.json: "
                         R"([{"name": "background", "color": "#000000"}, ...].)"));
  }
  Tensor result = Tensor::uninitialized(stored.numbers.shape(), DType::uint8);
  std::uint8_t* out = result.mutable_values<std::uint8_t>().data();
  for (const std::uint8_t number : stored.numbers.values<std::uint8_t>()) {
    const std::uint8_t shade = number < stored.palette.size() ? stored.palette[number].red : std::uint8_t{0};
    *out++ = shades ? shade : static_cast<std::uint8_t>(shade == 255);
  }
  if (shades) return {.numbers = std::move(result)};
  return {.numbers = std::move(result), .white = 1, .palette = {{0, 0, 0}, {255, 255, 255}}};
}

Tensor scaled_to_shades(const Tensor& numbers, int white) {
  Tensor result = Tensor::uninitialized(numbers.shape(), DType::uint8);
  std::uint8_t* out = result.mutable_values<std::uint8_t>().data();
  for (const std::uint8_t number : numbers.values<std::uint8_t>())
    *out++ = static_cast<std::uint8_t>(number * 255 / white);
  return result;
}

// The numbers of a file with one channel of up to 8 bits, or with a palette.
Mask of_index(const std::string& path, bool shades) {
  IndexedPng stored = read_png_numbers(path);
  if (!stored.palette.empty()) {
    const bool greys = std::all_of(stored.palette.begin(), stored.palette.end(),
                                   [](const Color& color) { return is_grey(color); });
    if (greys) return of_grey_palette(path, std::move(stored), shades);
    if (shades) {
      throw FileError(
          text("read_mask: ", path,
               " has a palette of colours, and a mask threshold is for greys. Leave the threshold "
               "out, or save the mask in greys."));
    }
    return {.numbers = std::move(stored.numbers), .palette = std::move(stored.palette)};
  }
  const int white = (1 << stored.bits) - 1;
  if (shades) return {.numbers = scaled_to_shades(stored.numbers, white)};
  return {.numbers = std::move(stored.numbers), .white = static_cast<std::uint8_t>(white)};
}

// A grey file's numbers as they are stored, or its shades.
Mask of_grey(const std::string& path, const PngHeader& header, bool shades) {
  if (header.bits == 16)
    return {.numbers = of_sixteen_bits(path, first_channel<std::int32_t>(read_png(path)), shades)};
  // Grey with alpha has 8 bits, so that read_png leaves the numbers as they are stored.
  if (header.alpha) return {.numbers = first_channel<std::uint8_t>(read_png(path))};
  return of_index(path, shades);
}

// The places of a grey file in a table of colours without numbers: those of its shades if the table lists
// them all, else those of its numbers.
Mask by_shades_or_numbers(const std::string& path, Mask mask, const ClassTable& table) {
  std::array<bool, 256> used{};
  for (const std::uint8_t number : mask.numbers.values<std::uint8_t>()) used[number] = true;
  std::array<std::uint8_t, 256> places{};
  bool as_numbers = true;
  std::optional<std::size_t> differs;
  for (std::size_t number = 0; number < 256; ++number) {
    if (!used[number]) continue;
    const auto shade = static_cast<std::uint8_t>(number * 255 / mask.white);
    const auto entry = std::find_if(table.entries.begin(), table.entries.end(), [&](const ClassEntry& e) {
      return *e.color == Color{shade, shade, shade};
    });
    if (entry == table.entries.end()) {
      return {.numbers = placed(path, std::move(mask.numbers), &table), .greys = GreysAre::numbers};
    }
    places[number] = static_cast<std::uint8_t>(entry - table.entries.begin());
    as_numbers = as_numbers && number < table.entries.size();
    if (!differs && places[number] != number) differs = number;
  }
  if (as_numbers && differs) {
    throw FileError(text("read_mask: ", path, " is a grey file. Its number ", *differs, " may be entry ",
                         *differs, " of classes.json, or a grey as light as the colour of entry ",
                         int{places[*differs]},
                         R"(. Give "numbers" to the entries, or save the mask in colour.)"));
  }
  Tensor result = Tensor::uninitialized(mask.numbers.shape(), DType::uint8);
  std::uint8_t* out = result.mutable_values<std::uint8_t>().data();
  for (const std::uint8_t number : mask.numbers.values<std::uint8_t>()) *out++ = places[number];
  return {.numbers = std::move(result), .greys = differs ? GreysAre::colors : GreysAre::either};
}

PngHeader mask_header(const std::string& path) {
  const InputFile file(path);
  if (file.bytes() == 0) {
    throw FileError(text("read_mask: ", path, " is empty: 0 bytes. Fetch or write the file again."));
  }
  std::array<std::uint8_t, 2> start{};
  if (file.bytes() >= 2) file.read(0, start);
  if (start[0] == 0xff && start[1] == 0xd8) {
    throw FileError(
        text("read_mask: ", path, " is a JPEG file. A JPEG's colours are not exact; save masks as PNG."));
  }
  return read_png_header(path);
}

MaskKind kind_in(const std::string& path, const PngHeader& header) {
  if (header.colors && header.bits == 16) {
    throw FileError(text("read_mask: ", path,
                         " has colours of 16 bits a channel. classes.json names colours of 8 bits; save the "
                         "mask with 8 bits."));
  }
  return header.colors ? MaskKind::colors : MaskKind::numbers;
}

}  // namespace

MaskKind mask_kind(const std::string& path) { return kind_in(path, mask_header(path)); }

Mask read_mask(const std::string& path, const ClassTable* table) {
  const PngHeader header = mask_header(path);
  const MaskKind kind = kind_in(path, header);
  if (table && table->has_colors() && (kind == MaskKind::colors || header.palette))
    return {.numbers = from_colors(path, read_png(path), *table)};
  if (kind == MaskKind::colors) {
    const Tensor pixels = read_png(path);
    if (!is_grey(pixels)) no_colors(path, pixels, table);
    return {.numbers = placed(path, first_channel<std::uint8_t>(pixels), table)};
  }
  Mask mask = of_grey(path, header, table && table->shades);
  if (table && table->has_colors() && !table->has_numbers() && header.bits <= 8)
    return by_shades_or_numbers(path, std::move(mask), *table);
  mask.numbers = placed(path, std::move(mask.numbers), table);
  return mask;
}

}  // namespace trous
