// Pieces of SVG inside a page. Coordinates have one decimal and look the same in every locale; text and
// content are HTML.
#pragma once

#include <string>
#include <string_view>

namespace trous::report {

/// ` name="value"`
std::string attribute(std::string_view name, std::string_view value);
std::string attribute(std::string_view name, double value);

/// `style` is a class of the stylesheet, here and below.
std::string line(std::string_view style, double x1, double y1, double x2, double y2);
std::string rect(std::string_view style, double x, double y, double width, double height);
std::string label(std::string_view style, double x, double y, const std::string& words);

/// A figure as wide as its place, which says `words` to a screen reader.
std::string drawing(double width, double height, const std::string& words, const std::string& content);

/// A shape of a legend, drawn in 22 x `height`.
std::string swatch(int height, const std::string& shape);

}  // namespace trous::report
