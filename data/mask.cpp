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

// Pixels that mean nothing: the first of them, and how many.
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
Tensor first_channel(const Tensor& pixels) {
  const std::int64_t channels = pixels.shape()[2];
  Tensor result = Tensor::uninitialized({pixels.shape()[0], pixels.shape()[1]}, DType::uint8);
  const std::uint8_t* from = pixels.values<std::uint8_t>().data();
  for (std::uint8_t& number : result.mutable_values<std::uint8_t>()) {
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
                       table ? "classes.json gives no colours" : "there is no classes.json", ". It has ",
                       list, colors.size() > 4 ? " and more" : "",
                       R"(. Write classes.json: [{"name": "background", "color": "#000000"}, ...].)"));
}

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

Tensor checked_numbers(const std::string& path, Tensor numbers, const ClassTable* table) {
  if (!table) return numbers;
  Strangers strangers;
  std::optional<int> stranger;
  const std::span<const std::uint8_t> values = numbers.values<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < table->entries.size() || values[i] == unknown_label) continue;
    if (!stranger) stranger = values[i];
    strangers.add(i);
  }
  if (strangers.none()) return numbers;
  throw FileError(text("read_mask: ", path, " has label ", *stranger,
                       strangers.told(static_cast<std::size_t>(numbers.shape()[1])), " It lists 0 to ",
                       table->entries.size() - 1, ". Add the class, or mend the mask."));
}

}  // namespace

MaskKind mask_kind(const std::string& path) {
  constexpr std::array<std::uint8_t, 8> signature{0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a};
  const InputFile file(path);
  if (file.bytes() == 0) {
    throw FileError(text("read_mask: ", path, " is empty: 0 bytes. Fetch or write the file again."));
  }
  std::vector<std::uint8_t> header(static_cast<std::size_t>(std::min<std::int64_t>(file.bytes(), 26)));
  file.read(0, header);
  if (header.size() >= 2 && header[0] == 0xff && header[1] == 0xd8) {
    throw FileError(
        text("read_mask: ", path, " is a JPEG file. A JPEG's colours are not exact; save masks as PNG."));
  }
  if (header.size() < signature.size() || !std::equal(signature.begin(), signature.end(), header.begin())) {
    throw FileError(text("read_mask: ", path, " is no PNG file. It starts with ", first_bytes(header),
                         " instead of 89 50 4e 47 0d 0a 1a 0a. Save masks as PNG."));
  }
  if (header.size() < 26) {
    throw FileError(text("read_mask: ", path, " is truncated. It has ", header.size(),
                         " bytes. Fetch or write the file again."));
  }
  // IHDR is the first chunk: bits of a channel at 24, kind of pixels at 25, in which 2 stands for colour and
  // 1 for a palette. Source: ISO/IEC 15948, 11.2.2.
  if (header[24] == 16) {
    throw FileError(
        text("read_mask: ", path,
             " has 16 bits a channel. Labels are 0 to 254, and 255 for unknown; save the mask with "
             "8 bits."));
  }
  return (header[25] & 3) == 2 ? MaskKind::colors : MaskKind::numbers;
}

Tensor read_mask(const std::string& path, const ClassTable* table) {
  constexpr std::uint8_t alpha = 4;
  const MaskKind kind = mask_kind(path);
  if (kind == MaskKind::colors) {
    const Tensor pixels = read_png(path);
    if (table && table->has_colors()) return from_colors(path, pixels, *table);
    if (!is_grey(pixels)) no_colors(path, pixels, table);
    return checked_numbers(path, first_channel(pixels), table);
  }
  std::array<std::uint8_t, 1> pixel_kind{};
  InputFile(path).read(25, pixel_kind);
  // Grey with alpha has 8 bits, so that read_png leaves the numbers as they are stored.
  Tensor numbers = (pixel_kind[0] & alpha) ? first_channel(read_png(path)) : read_indexed_png(path);
  return checked_numbers(path, std::move(numbers), table);
}

}  // namespace trous
