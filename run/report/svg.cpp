#include <trous/run/report/html.h>
#include <trous/run/report/svg.h>

namespace trous::report {

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + std::string(value) + "\"";
}

std::string attribute(std::string_view name, double value) { return attribute(name, fixed(value, 1)); }

std::string line(std::string_view style, double x1, double y1, double x2, double y2) {
  return "<line" + attribute("class", style) + attribute("x1", x1) + attribute("y1", y1) +
         attribute("x2", x2) + attribute("y2", y2) + "/>";
}

std::string rect(std::string_view style, double x, double y, double width, double height) {
  return "<rect" + attribute("class", style) + attribute("x", x) + attribute("y", y) +
         attribute("width", width) + attribute("height", height) + "/>";
}

std::string label(std::string_view style, double x, double y, const std::string& words) {
  return "<text" + attribute("class", style) + attribute("x", x) + attribute("y", y) + ">" + words +
         "</text>";
}

std::string drawing(double width, double height, const std::string& words, const std::string& content) {
  return element("svg",
                 "class=\"chart\" role=\"img\" viewBox=\"0 0 " + fixed(width, 0) + ' ' + fixed(height, 0) +
                     "\" aria-label=\"" + words + '"',
                 content);
}

std::string swatch(int height, const std::string& shape) {
  return element("svg",
                 "class=\"swatch\" viewBox=\"0 0 22 " + std::to_string(height) + "\" aria-hidden=\"true\"",
                 shape);
}

}  // namespace trous::report
