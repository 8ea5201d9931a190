#include <ostream>

#include <trous/autograd/op.h>

namespace trous {
namespace {

struct Printer {
  std::ostream& stream;
  void operator()(std::int64_t value) const { stream << value; }
  void operator()(double value) const { stream << value; }
  void operator()(const std::string& value) const { stream << value; }
  void operator()(const std::vector<std::int64_t>& values) const {
    stream << '[';
    for (std::size_t i = 0; i < values.size(); ++i) stream << (i ? ", " : "") << values[i];
    stream << ']';
  }
  void operator()(HeightWidth value) const { stream << value.height << 'x' << value.width; }
};

}  // namespace

const Attribute* Attributes::find(std::string_view key) const {
  for (const auto& [name, value] : entries_) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::ostream& operator<<(std::ostream& stream, const Attributes& attributes) {
  const char* separator = "";
  for (const auto& [key, value] : attributes) {
    stream << separator << key << (key.empty() ? "" : " ");
    std::visit(Printer{stream}, value);
    separator = " ";
  }
  return stream;
}

std::ostream& operator<<(std::ostream& stream, const Op& op) {
  stream << op.kind;
  if (!op.attributes.empty()) stream << " (" << op.attributes << ')';
  if (!op.name.empty()) stream << " \"" << op.name << '"';
  return stream;
}

}  // namespace trous
