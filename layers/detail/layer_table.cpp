#include <algorithm>
#include <array>

#include <trous/core/choices.h>
#include <trous/layers/activations.h>
#include <trous/layers/dense.h>
#include <trous/layers/detail/layer_table.h>
#include <trous/layers/join.h>
#include <trous/layers/resample.h>
#include <trous/layers/squeeze_excite.h>
#include <trous/ops/activations.h>
#include <trous/ops/pointwise.h>

namespace trous::detail {
namespace {

// The layer that a name stands for.
template <class Layer, class Options = decltype(Layer::options)>
Built layer_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  const auto layer = reader.make<Layer, Options>(given, path);
  return {layer, written_options(layer.options)};
}

// Its channels are multiplied.
Built depthwise_conv2d_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  Built built = layer_of<DepthwiseConv2d>(reader, given, path);
  reader.give(built.options["channels"].get<std::int64_t>() *
              built.options["multiplier"].get<std::int64_t>());
  return built;
}

// Its channels become the pixels of blocks.
Built pixel_shuffle_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  const auto layer = reader.make<PixelShuffle, PixelShuffleOptions>(given, path);
  const PerAxis& block = layer.options.block;
  if (const Channels channels = reader.taken().front()) {
    // Divided in turn, since the product might not fit in 64 bits.
    if (*channels % block.height != 0 || *channels / block.height % block.width != 0) {
      reader.fail(path, text(" has a block of ", block, ", but what comes before gives ", *channels,
                             " channels. They must fill whole blocks."));
    }
    reader.give(*channels / block.height / block.width);
  }
  return {layer, written_options(layer.options)};
}

// Blocks of pixels become its channels.
Built pixel_unshuffle_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  const auto layer = reader.make<PixelUnshuffle, PixelShuffleOptions>(given, path);
  if (const Channels channels = reader.taken().front()) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(*channels, layer.options.block.height, &product) ||
        __builtin_mul_overflow(product, layer.options.block.width, &product)) {
      reader.fail(path, text(" has a block of ", layer.options.block, ". ", *channels,
                             " channels times that exceed 2^63 - 1. Use a smaller block."));
    }
    reader.give(product);
  }
  return {layer, written_options(layer.options)};
}

// The options of a convolution, and of what follows it.
template <class ConvOptions>
struct BlockOptions {
  ConvOptions conv;
  NormKind norm = NormKind::batch;
  Activation activation = Activation::relu;

  static void parts(auto& self, auto&& f) {
    ConvOptions::parts(self.conv, f);
    f("norm", self.norm);
    f("activation", self.activation);
  }
};

template <class Conv>
Built norm_relu_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  BlockOptions<decltype(Conv::options)> initial{};
  initial.conv.bias = false;  // the norm has an offset
  Json options;
  const auto block = reader.build(given, path, initial, [&](const auto& o) {
    options = written_options(o);
    return ConvNormRelu<Conv>{Conv(o.conv), make_norm(o.norm, o.conv.out_channels), o.activation};
  });
  return {block, options};
}

struct NoOptions {
  static void parts(auto&, auto&&) {}
};

template <Variable (*function)(const Variable&)>
struct FunctionLayer {
  explicit FunctionLayer(const NoOptions& = {}) {}
  Variable operator()(const Variable& x) const { return function(x); }
  static constexpr NoOptions options{};
};

template <Variable (*function)(const Variable&)>
Built function_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  return {reader.make<FunctionLayer<function>, NoOptions>(given, path), Json::object()};
}

// A layer without options; `channels_of(reader, path)` are those of what it gives.
template <class Layer, Channels (*channels_of)(const DescriptionReader&, const std::string&)>
Built plain_of(DescriptionReader& reader, const Json& given, const std::string& path) {
  const auto layer = reader.build(given, path, NoOptions(), [](const NoOptions&) { return Layer(); });
  reader.give(channels_of(reader, path));
  return {layer, Json::object()};
}

// Of values that are combined pixel by pixel: all have the same channels, or one.
Channels common_channels(const DescriptionReader& reader, const std::string& path) {
  Channels common;
  bool all_known = true;
  for (const Channels channels : reader.taken()) {
    all_known = all_known && channels;
    if (!channels) continue;
    if (common && *common != *channels && *common != 1 && *channels != 1) {
      reader.fail(path,
                  text(" takes ", *common, " and ", *channels,
                       " channels. They are combined one by one, so they must agree, or one must be 1."));
    }
    common = std::max(common.value_or(1), *channels);
  }
  return all_known || common > 1 ? common : std::nullopt;  // beside one channel the others count
}

Channels summed_channels(const DescriptionReader& reader, const std::string&) {
  std::int64_t sum = 0;
  for (const Channels channels : reader.taken()) {
    if (!channels) return std::nullopt;
    sum += *channels;
  }
  return sum;
}

// Of the first value in the height and width of the second.
Channels first_channels(const DescriptionReader& reader, const std::string&) {
  Channels channels = reader.taken().front();
  channels.one_pixel = false;
  return channels;
}

// Of what makes one pixel of an image.
Channels channels_of_one_pixel(const DescriptionReader& reader, const std::string&) {
  Channels channels = reader.taken().front();
  channels.one_pixel = true;
  return channels;
}

// The numbers of an image. How many it has is known of a single pixel alone, since a description says no
// heights and widths.
Channels flattened_channels(const DescriptionReader& reader, const std::string&) {
  const Channels& channels = reader.taken().front();
  return channels.one_pixel ? channels : Channels();
}

Variable standard_gelu(const Variable& x) { return gelu(x); }

constexpr std::array entries{
    LayerEntry{"abs", function_of<abs>},
    LayerEntry{"add", plain_of<Add, common_channels>},
    LayerEntry{"atrous_conv2d", layer_of<AtrousConv2d>},
    LayerEntry{"atrous_conv2d_norm_relu", norm_relu_of<AtrousConv2d>},
    LayerEntry{"atrous_conv2d_transpose", layer_of<AtrousConv2dTranspose>},
    LayerEntry{"atrous_conv2d_transpose_norm_relu", norm_relu_of<AtrousConv2dTranspose>},
    LayerEntry{"average_pool2d", layer_of<AveragePool2d>},
    LayerEntry{"batch_norm", layer_of<BatchNorm>},
    LayerEntry{"concat", plain_of<Concat, summed_channels>},
    LayerEntry{"conv2d", layer_of<Conv2d>},
    LayerEntry{"conv2d_norm_relu", norm_relu_of<Conv2d>},
    LayerEntry{"conv2d_transpose", layer_of<Conv2dTranspose>},
    LayerEntry{"conv2d_transpose_norm_relu", norm_relu_of<Conv2dTranspose>},
    LayerEntry{"cos", function_of<cos>},
    LayerEntry{"dense", layer_of<Dense>},
    LayerEntry{"depthwise_conv2d", depthwise_conv2d_of},
    LayerEntry{"dropout", layer_of<Dropout>},
    LayerEntry{"elu", layer_of<Elu>},
    LayerEntry{"erf", function_of<erf>},
    LayerEntry{"exp", function_of<exp>},
    LayerEntry{"expm1", function_of<expm1>},
    LayerEntry{"flatten", plain_of<Flatten, flattened_channels>},
    LayerEntry{"gelu", function_of<standard_gelu>},
    LayerEntry{"global_average_pool", plain_of<FunctionLayer<global_average_pool>, channels_of_one_pixel>},
    LayerEntry{"graph", [](DescriptionReader& r, const Json& given,
                           const std::string& path) { return r.nested_graph(given, path); }},
    LayerEntry{"group_norm", layer_of<GroupNorm>},
    LayerEntry{"hardswish", function_of<hardswish>},
    LayerEntry{"instance_norm", layer_of<InstanceNorm>},
    LayerEntry{"layer_norm", layer_of<LayerNorm>},
    LayerEntry{"leaky_relu", layer_of<LeakyRelu>},
    LayerEntry{"log", function_of<log>},
    LayerEntry{"log1p", function_of<log1p>},
    LayerEntry{"max_pool2d", layer_of<MaxPool2d>},
    LayerEntry{"multiply", plain_of<Multiply, common_channels>},
    LayerEntry{"pixel_shuffle", pixel_shuffle_of},
    LayerEntry{"pixel_unshuffle", pixel_unshuffle_of},
    LayerEntry{"prelu", layer_of<PRelu>},
    LayerEntry{"relu", function_of<relu>},
    LayerEntry{"residual", [](DescriptionReader& r, const Json& given,
                              const std::string& path) { return r.residual(given, path); }},
    LayerEntry{"resize_bilinear", layer_of<ResizeBilinear>},
    LayerEntry{"resize_bilinear_like", plain_of<ResizeBilinearLike, first_channels>},
    LayerEntry{"resize_nearest", layer_of<ResizeNearest>},
    LayerEntry{"resize_nearest_like", plain_of<ResizeNearestLike, first_channels>},
    LayerEntry{"separable_conv2d", layer_of<SeparableConv2d>},
    LayerEntry{"separable_conv2d_norm_relu", norm_relu_of<SeparableConv2d>},
    LayerEntry{"sigmoid", function_of<sigmoid>},
    LayerEntry{"silu", function_of<silu>},
    LayerEntry{"sin", function_of<sin>},
    LayerEntry{"spatial_dropout", layer_of<SpatialDropout>},
    LayerEntry{"softplus", function_of<softplus>},
    LayerEntry{"sqrt", function_of<sqrt>},
    LayerEntry{"squeeze_excite", layer_of<SqueezeExcite>},
    LayerEntry{"subtract", plain_of<Subtract, common_channels>},
    LayerEntry{"tanh", function_of<tanh>},
};

Names sorted(const std::vector<std::string_view>& names) {
  Names result(names.begin(), names.end());
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

std::span<const LayerEntry> layer_table() { return entries; }

Names network_names_in_order() { return sorted(names_in(named_networks())); }

Names layer_names_in_order() {
  std::vector<std::string_view> names = names_in(entries);
  for (const NamedNetwork& network : named_networks()) names.push_back(network.name);
  return sorted(names);
}

}  // namespace trous::detail
