// One table, a row for each op that files of vectors may name: hence more than 400 lines.
#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <trous/check/vectors/vector_ops.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/suggestion.h>
#include <trous/ops/activations.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/boundary_loss.h>
#include <trous/ops/compare.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/einsum.h>
#include <trous/ops/focal_loss.h>
#include <trous/ops/group_norm.h>
#include <trous/ops/lovasz_loss.h>
#include <trous/ops/matmul.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/pool.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reduce_nonlinear.h>
#include <trous/ops/regression_loss.h>
#include <trous/ops/resize.h>
#include <trous/ops/sigmoid_cross_entropy.h>
#include <trous/ops/softmax.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/ops/tversky_loss.h>

namespace trous {
namespace {

using detail::Json;
using Xs = const std::vector<Variable>&;

// The attributes of an op in the file. Each is read once; one that was never read is unknown to the op.
class Given {
 public:
  Given(Json attributes, std::string where) : given_(std::move(attributes)), where_(std::move(where)) {}

  [[noreturn]] void fail(const std::string& fact) const { throw FileError(text(where_, ' ', fact)); }

  double number(const char* key, double otherwise) {
    return with(
        key, otherwise, [](const Json& v) { return v.is_number(); }, "a number",
        [](const Json& v) { return v.get<double>(); });
  }
  // That an int32 holds.
  std::optional<std::int32_t> whole(const char* key) {
    using Limits = std::numeric_limits<std::int32_t>;
    const auto valid = [](const Json& v) {
      return is_whole(v) && v.get<std::int64_t>() >= Limits::min() && v.get<std::int64_t>() <= Limits::max();
    };
    return with(key, std::optional<std::int32_t>(), valid, "a whole number below 2^31",
                [](const Json& v) { return std::optional(v.get<std::int32_t>()); });
  }
  std::int32_t needed_whole(const char* key) {
    const std::optional<std::int32_t> found = whole(key);
    if (!found) fail(text("needs ", key, '.'));
    return *found;
  }
  template <class Count>
  Count count(const char* key, Count otherwise) {
    const auto valid = [](const Json& v) { return is_whole(v) || integers(v, 2); };
    return with(key, otherwise, valid, "a whole number or [height, width]", [](const Json& v) {
      return v.is_array() ? Count(v[0].get<std::int64_t>(), v[1].get<std::int64_t>())
                          : Count(v.get<std::int64_t>());
    });
  }
  WindowPadding padding(WindowPadding otherwise) {
    const auto valid = [](const Json& v) { return v == "SAME" || v == "VALID" || integers(v, 4); };
    return with("padding", std::move(otherwise), valid, "\"SAME\", \"VALID\" or [top, bottom, left, right]",
                [](const Json& v) {
                  return v.is_string() ? WindowPadding(v.get<std::string>())
                                       : WindowPadding(v[0].get<std::int64_t>(), v[1].get<std::int64_t>(),
                                                       v[2].get<std::int64_t>(), v[3].get<std::int64_t>());
                });
  }
  std::string name_of_padding() {
    return with(
        "padding", std::string("SAME"), [](const Json& v) { return v == "SAME" || v == "VALID"; },
        "\"SAME\" or \"VALID\"", [](const Json& v) { return v.get<std::string>(); });
  }
  std::optional<Shape> shape(const char* key) {
    return with(
        key, std::optional<Shape>(),
        [](const Json& v) { return integers(v, 0) && v.size() <= Shape::max_rank; },
        "a list of whole numbers",
        [](const Json& v) { return std::optional(Shape(v.get<std::vector<std::int64_t>>())); });
  }
  std::string needed_text(const char* key) {
    const auto found = with(
        key, std::optional<std::string>(), [](const Json& v) { return v.is_string(); }, "a text",
        [](const Json& v) { return std::optional(v.get<std::string>()); });
    if (!found) fail(text("needs ", key, '.'));
    return *found;
  }
  Shape needed_shape(const char* key) {
    const std::optional<Shape> found = shape(key);
    if (!found) fail(text("needs ", key, '.'));
    return *found;
  }

  void expect_all_read() const {
    for (const auto& [key, value] : given_.items()) {
      if (key != "op" && !read_.contains(key))
        fail(text("has the attribute ", key, ", which this op does not know.",
                  suggestion(key, {read_.begin(), read_.end()})));
    }
  }

 private:
  static bool is_whole(const Json& v) {
    return v.is_number_integer() && !(v.is_number_unsigned() && v.get<std::uint64_t>() > INT64_MAX);
  }
  // `count` of them, or any number where that is 0.
  static bool integers(const Json& v, std::size_t count) {
    return v.is_array() && (count == 0 || v.size() == count) && std::all_of(v.begin(), v.end(), is_whole);
  }

  template <class T, class Valid, class Read>
  T with(const char* key, T otherwise, Valid valid, const char* what, Read read) {
    read_.insert(key);
    if (!given_.contains(key)) return otherwise;
    const Json& value = given_.at(key);
    if (!valid(value)) fail(text("has ", key, ' ', detail::dump_json(value), ". It is ", what, '.'));
    return read(value);
  }

  Json given_;
  std::string where_;
  std::set<std::string> read_;
};

Conv2dOptions window_options(Given& g) {
  return {g.count("stride", Stride(1)), g.count("rate", Rate(1)), g.padding(Padding::same)};
}
Conv2dOptions conv_options(Given& g) {
  Conv2dOptions options = window_options(g);
  options.groups = g.whole("groups").value_or(1);
  return options;
}
AtrousOptions atrous_options(Given& g) {
  return {g.count("rate", Rate(1)), g.name_of_padding(), g.whole("groups").value_or(1)};
}
Pool2dOptions pool_options(Given& g) {
  return {g.count("window", PerAxis(2)), g.count("stride", Stride(0)), g.padding(Padding::valid)};
}

// How the op is called, for so many inputs.
struct Entry {
  std::size_t min_inputs, max_inputs;
  std::function<Function(Given&)> call;
  std::size_t constants_from = 99;
};

Function plain(Variable (*op)(const Variable&)) {
  return [op](Xs x) { return op(x[0]); };
}
Function plain(Variable (*op)(const Variable&, const Variable&, std::string_view)) {
  return [op](Xs x) { return op(x[0], x[1], {}); };
}

// The axes that the file names; without them all of x.
std::vector<int> axes_of(const std::optional<Shape>& named, const Variable& x) {
  using Limits = std::numeric_limits<int>;
  std::vector<int> axes;
  if (named) {
    // An axis that no int holds does not exist, and the op refuses it.
    for (const std::int64_t axis : *named)
      axes.push_back(static_cast<int>(std::clamp<std::int64_t>(axis, Limits::min(), Limits::max())));
    return axes;
  }
  for (int axis = 0; axis < x.shape().rank(); ++axis) axes.push_back(axis);
  return axes;
}

template <class Options>
Options with_weights(Options options, Xs x) {
  if (x.size() > 2) options.class_weights = x[2];
  return options;
}

const std::map<std::string, Entry>& table() {
  static const std::map<std::string, Entry> entries{
      {"abs", {1, 1, [](Given&) { return plain(abs); }}},
      {"add", {2, 2, [](Given&) { return plain(add); }}},
      {"atrous_conv2d",
       {2, 2,
        [](Given& g) -> Function {
          return [o = atrous_options(g)](Xs x) { return atrous_conv2d(x[0], x[1], o); };
        }}},
      {"atrous_conv2d_filter_grad",
       {2, 2,
        [](Given& g) -> Function {
          return [s = g.needed_shape("filter_shape"), o = atrous_options(g)](Xs x) {
            return atrous_conv2d_filter_grad(x[0], x[1], s, o);
          };
        }}},
      {"atrous_conv2d_transpose",
       {2, 2,
        [](Given& g) -> Function {
          return [s = g.shape("output_shape"), o = atrous_options(g)](Xs x) {
            return s ? atrous_conv2d_transpose(x[0], x[1], *s, o) : atrous_conv2d_transpose(x[0], x[1], o);
          };
        }}},
      {"average_pool2d",
       {1, 1,
        [](Given& g) -> Function {
          return [o = pool_options(g)](Xs x) { return average_pool2d(x[0], o); };
        }}},
      {"batch_norm",
       {3, 3,
        [](Given& g) -> Function {
          return [e = g.number("epsilon", 1e-5)](Xs x) { return batch_norm(x[0], x[1], x[2], e).value; };
        }}},
      {"batch_norm_inference",
       {5, 5,
        [](Given& g) -> Function {
          return [e = g.number("epsilon", 1e-5)](Xs x) {
            return batch_norm_inference(x[0], x[1], x[2], x[3], x[4], e);
          };
        }}},
      {"boundary_loss",
       {2, 2,
        [](Given& g) -> Function {
          return
              [i = g.whole("ignore_index")](Xs x) { return boundary_loss(x[0], x[1], {.ignore_index = i}); };
        }}},
      {"conv2d",
       {2, 2,
        [](Given& g) -> Function { return [o = conv_options(g)](Xs x) { return conv2d(x[0], x[1], o); }; }}},
      {"conv2d_filter_grad",
       {2, 2,
        [](Given& g) -> Function {
          return [s = g.needed_shape("filter_shape"), o = conv_options(g)](Xs x) {
            return conv2d_filter_grad(x[0], x[1], s, o);
          };
        }}},
      {"conv2d_transpose",
       {2, 2,
        [](Given& g) -> Function {
          return [s = g.shape("output_shape"), o = conv_options(g)](Xs x) {
            return s ? conv2d_transpose(x[0], x[1], *s, o) : conv2d_transpose(x[0], x[1], o);
          };
        }}},
      {"cos", {1, 1, [](Given&) { return plain(cos); }}},
      {"depthwise_conv2d",
       {2, 2,
        [](Given& g) -> Function {
          return [o = window_options(g)](Xs x) { return depthwise_conv2d(x[0], x[1], o); };
        }}},
      {"dice_loss",
       {2, 2,
        [](Given& g) -> Function {
          return [s = g.number("smooth", 1), i = g.whole("ignore_index")](Xs x) {
            return dice_loss(x[0], x[1], {.smooth = s, .ignore_index = i});
          };
        }}},
      {"div", {2, 2, [](Given&) { return plain(div); }}},
      {"einsum",
       {1, 8,
        [](Given& g) -> Function { return [e = g.needed_text("equation")](Xs x) { return einsum(e, x); }; }}},
      {"elu",
       {1, 1,
        [](Given& g) -> Function {
          return [alpha = g.number("alpha", 1)](Xs x) { return elu(x[0], alpha); };
        }}},
      {"erf", {1, 1, [](Given&) { return plain(erf); }}},
      {"exp", {1, 1, [](Given&) { return plain(exp); }}},
      {"expm1", {1, 1, [](Given&) { return plain(expm1); }}},
      {"focal_loss",
       {2, 3,
        [](Given& g) -> Function {
          return [y = g.number("gamma", 2), i = g.whole("ignore_index")](Xs x) {
            return focal_loss(x[0], x[1], with_weights(FocalOptions{.gamma = y, .ignore_index = i}, x));
          };
        },
        2}},
      {"gelu", {1, 1, [](Given&) -> Function { return [](Xs x) { return gelu(x[0]); }; }}},
      {"group_norm",
       {3, 3,
        [](Given& g) -> Function {
          return [n = g.needed_whole("groups"), e = g.number("epsilon", 1e-5)](Xs x) {
            return group_norm(x[0], x[1], x[2], n, e);
          };
        }}},
      {"hardswish", {1, 1, [](Given&) { return plain(hardswish); }}},
      {"huber_loss",
       {2, 2,
        [](Given& g) -> Function {
          return [d = g.number("delta", 1)](Xs x) { return huber_loss(x[0], x[1], {.delta = d}); };
        }}},
      {"l1_loss", {2, 2, [](Given&) -> Function { return [](Xs x) { return l1_loss(x[0], x[1]); }; }}},
      {"layer_norm",
       {3, 3,
        [](Given& g) -> Function {
          return [e = g.number("epsilon", 1e-5)](Xs x) { return layer_norm(x[0], x[1], x[2], e); };
        }}},
      {"leaky_relu",
       {1, 1,
        [](Given& g) -> Function {
          return [slope = g.number("slope", 0.01)](Xs x) { return leaky_relu(x[0], slope); };
        }}},
      {"log", {1, 1, [](Given&) { return plain(log); }}},
      {"log1p", {1, 1, [](Given&) { return plain(log1p); }}},
      {"log_softmax",
       {1, 1,
        [](Given& g) -> Function {
          return [a = g.whole("axis").value_or(-1)](Xs x) { return log_softmax(x[0], a); };
        }}},
      {"lovasz_loss",
       {2, 2,
        [](Given& g) -> Function {
          return [i = g.whole("ignore_index")](Xs x) { return lovasz_loss(x[0], x[1], {.ignore_index = i}); };
        }}},
      {"matmul", {2, 2, [](Given&) { return plain(matmul); }}},
      {"logsumexp",
       {1, 1,
        [](Given& g) -> Function {
          return [axes = g.shape("axes")](Xs x) { return logsumexp(x[0], axes_of(axes, x[0])); };
        }}},
      {"max_pool2d",
       {1, 1,
        [](Given& g) -> Function { return [o = pool_options(g)](Xs x) { return max_pool2d(x[0], o); }; }}},
      {"maximum", {2, 2, [](Given&) -> Function { return [](Xs x) { return maximum(x[0], x[1]); }; }}},
      {"minimum", {2, 2, [](Given&) -> Function { return [](Xs x) { return minimum(x[0], x[1]); }; }}},
      {"mse_loss", {2, 2, [](Given&) -> Function { return [](Xs x) { return mse_loss(x[0], x[1]); }; }}},
      {"mul", {2, 2, [](Given&) { return plain(mul); }}},
      {"norm",
       {1, 1,
        [](Given& g) -> Function {
          return [axes = g.shape("axes")](Xs x) { return norm(x[0], axes_of(axes, x[0])); };
        }}},
      {"prelu", {2, 2, [](Given&) { return plain(prelu); }}},
      {"relu", {1, 1, [](Given&) { return plain(relu); }}},
      {"resize_bilinear",
       {1, 1,
        [](Given& g) -> Function {
          return [h = g.needed_whole("height"), w = g.needed_whole("width")](Xs x) {
            return resize_bilinear(x[0], h, w);
          };
        }}},
      {"resize_nearest",
       {1, 1,
        [](Given& g) -> Function {
          return [h = g.needed_whole("height"), w = g.needed_whole("width")](Xs x) {
            return resize_nearest(x[0], h, w);
          };
        }}},
      {"sigmoid", {1, 1, [](Given&) { return plain(sigmoid); }}},
      {"sigmoid_cross_entropy",
       {2, 2,
        [](Given& g) -> Function {
          return [i = g.whole("ignore_index")](Xs x) {
            return sigmoid_cross_entropy(x[0], x[1], {.ignore_index = i});
          };
        }}},
      {"silu", {1, 1, [](Given&) { return plain(silu); }}},
      {"sin", {1, 1, [](Given&) { return plain(sin); }}},
      {"softmax",
       {1, 1,
        [](Given& g) -> Function {
          return [a = g.whole("axis").value_or(-1)](Xs x) { return softmax(x[0], a); };
        }}},
      {"softmax_cross_entropy",
       {2, 3,
        [](Given& g) -> Function {
          return [e = g.number("label_smoothing", 0), i = g.whole("ignore_index")](Xs x) {
            const CrossEntropyOptions o{.ignore_index = i, .label_smoothing = e};
            return softmax_cross_entropy(x[0], x[1], with_weights(o, x));
          };
        },
        2}},
      {"softplus", {1, 1, [](Given&) { return plain(softplus); }}},
      {"sqrt", {1, 1, [](Given&) { return plain(sqrt); }}},
      {"sub", {2, 2, [](Given&) { return plain(sub); }}},
      {"tanh", {1, 1, [](Given&) { return plain(tanh); }}},
      {"tversky_loss",
       {2, 2,
        [](Given& g) -> Function {
          return [a = g.number("alpha", 0.3), b = g.number("beta", 0.7), s = g.number("smooth", 1),
                  i = g.whole("ignore_index")](Xs x) {
            return tversky_loss(x[0], x[1], {.alpha = a, .beta = b, .smooth = s, .ignore_index = i});
          };
        }}},
      {"var",
       {1, 1,
        [](Given& g) -> Function {
          return [axes = g.shape("axes"), correction = g.whole("correction").value_or(1)](Xs x) {
            return var(x[0], axes_of(axes, x[0]), {.correction = correction});
          };
        }}},
  };
  return entries;
}

// Usual slips in convolutions: the same call with one attribute forgotten.
std::vector<GradCandidate> slips_of(const Entry& entry, const Json& attributes) {
  std::vector<GradCandidate> slips;
  const auto add = [&](const char* key, const Json& value, const std::string& name) {
    if (!attributes.contains(key) || attributes.at(key) == value) return;
    Json other = attributes;
    other[key] = value;
    Given given(other, name);
    slips.push_back({name, entry.call(given)});
  };
  add("rate", 1, "rate 1");
  add("stride", 1, "stride 1");
  add("padding", "SAME", "padding SAME");
  add("padding", "VALID", "padding VALID");
  return slips;
}

}  // namespace

std::vector<std::string> vector_ops() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : table()) names.push_back(name);
  return names;
}

VectorOp described_vector_op(const std::string& description, const std::string& where) {
  constexpr std::size_t max_bytes = 4096;  // so that no description is too deep to be printed
  const auto [attributes, fault, remedy, byte] =
      description.size() > max_bytes ? detail::ParsedJson() : detail::parse_json(description);
  if (!fault.empty() && byte == 0)
    throw FileError(text(where, ": its entry in __metadata__ ", fault, ". ", remedy));
  if (!attributes.is_object() || !attributes.contains("op") || !attributes.at("op").is_string()) {
    const std::string shown = description.size() > 80 ? description.substr(0, 80) + " ..." : description;
    throw FileError(text(where, ": its entry in __metadata__ is ", shown, ". It is a JSON object of at most ",
                         max_bytes, " bytes with the op's name: {\"op\": \"atrous_conv2d\", \"rate\": 2}."));
  }
  const std::string name = attributes.at("op");
  const auto found = table().find(name);
  if (found == table().end()) {
    throw FileError(text(where, ": there is no op ", name, '.', suggestion(name, vector_ops()),
                         " trous check --help lists those that a file may name."));
  }
  const Entry& entry = found->second;
  Given given(attributes, text(where, ", ", name, ','));
  VectorOp op{.name = name,
              .call = entry.call(given),
              .min_inputs = entry.min_inputs,
              .max_inputs = entry.max_inputs,
              .constants_from = entry.constants_from,
              .slips = slips_of(entry, attributes)};
  given.expect_all_read();
  return op;
}

}  // namespace trous
