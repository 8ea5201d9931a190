#include <limits>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/core/suggestion.h>
#include <trous/layers/detail/json_values.h>

namespace trous::detail {

void fail(const Place& place, const std::string& fact) {
  throw ArgumentError(text(place.op, ": ", place.path.empty() ? "the description" : place.path, fact));
}

std::string shown(const Json& value) {
  const std::string all = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return all.size() <= 40 ? all : text("a longer ", value.type_name());
}

std::string choices(std::string_view word, const char* what, const Names& names) {
  std::string result = suggestion(word, names) + ' ' + what + " are ";
  for (const std::string& name : names) result += name + (&name == &names.back() ? "." : ", ");
  return result;
}

void read_value(const Json& given, const Place& place, std::int64_t& result) {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!given.is_number_integer() || (given.is_number_unsigned() && given.get<std::uint64_t>() > largest))
    fail(place, text(" is ", shown(given), ". Give a whole number."));
  result = given.get<std::int64_t>();
}

void read_value(const Json& given, const Place& place, double& result) {
  if (!given.is_number()) fail(place, text(" is ", shown(given), ". Give a number."));
  result = given.get<double>();
}

void read_value(const Json& given, const Place& place, bool& result) {
  if (!given.is_boolean()) fail(place, text(" is ", shown(given), ". Give true or false."));
  result = given.get<bool>();
}

void read_pair(const Json& given, const Place& place, std::int64_t& height, std::int64_t& width) {
  const bool pair = given.is_array() && given.size() == 2;
  if (!pair && !given.is_number())
    fail(place, text(" is ", shown(given), ". Give a whole number or [height, width]."));
  read_value(pair ? given[0] : given, {place.op, pair ? place.path + "[0]" : place.path}, height);
  read_value(pair ? given[1] : given, {place.op, pair ? place.path + "[1]" : place.path}, width);
}

void read_value(const Json& given, const Place& place, WindowPadding& result) {
  const auto is_pair = [](const Json& v) { return v.is_array() && v.size() == 2; };
  if (given.is_string()) {
    result = given.get<std::string>();  // the layer checks the text
  } else if (is_pair(given) && is_pair(given[0]) && is_pair(given[1])) {
    std::int64_t counts[4];
    for (std::size_t i = 0; i < 4; ++i)
      read_value(given[i / 2][i % 2], {place.op, text(place.path, '[', i / 2, "][", i % 2, ']')}, counts[i]);
    result = ExplicitPadding{counts[0], counts[1], counts[2], counts[3]};
  } else {
    fail(place, text(" is ", shown(given), R"(. Give "SAME", "VALID" or [[top, bottom], [left, right]].)"));
  }
}

void read_value(const Json& given, const Place& place, Initializer& result) {
  const std::string name = given.is_string() ? given.get<std::string>() : "";
  Names names;
  for (const Initializer& known : {he_normal(), glorot_uniform(), orthogonal(), zeros(), ones()}) {
    names.push_back(known.name());
    if (known.name() != name) continue;
    result = known;
    return;
  }
  fail(place, text(" is ", shown(given), ".", choices(name, "Initializers", names)));
}

namespace {

// The row that `given` names.
template <class Rows>
const auto& row_given(const Json& given, const Place& place, const char* what, const Rows& rows) {
  const std::string name = given.is_string() ? given.get<std::string>() : "";
  const auto* const row = find_row(rows, name);
  const std::vector<std::string_view> names = names_in(rows);
  if (!row) fail(place, text(" is ", shown(given), ".", choices(name, what, {names.begin(), names.end()})));
  return *row;
}

}  // namespace

void read_value(const Json& given, const Place& place, NormKind& result) {
  result = row_given(given, place, "Norms", named_norms()).kind;
}

void read_value(const Json& given, const Place& place, Activation& result) {
  result = row_given(given, place, "Activations", named_activations()).activation;
}

Json written(std::int64_t value) { return value; }
Json written(double value) { return value; }
Json written(bool value) { return value; }
Json written(const Initializer& value) { return value.name(); }
Json written(NormKind value) { return name(value); }
Json written(Activation value) { return name(value); }
Json written(const PerAxis& value) {
  return value.height == value.width ? Json(value.height) : Json::array({value.height, value.width});
}
Json written(const WindowPadding& value) {
  const ResolvedPadding padding = value.resolve("padding");
  if (const auto* named = std::get_if<Padding>(&padding)) return std::string(name(*named));
  const auto& [top, bottom, left, right] = std::get<ExplicitPadding>(padding);
  return Json::array({Json::array({top, bottom}), Json::array({left, right})});
}

}  // namespace trous::detail
